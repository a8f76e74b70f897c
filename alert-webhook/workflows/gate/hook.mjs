#!/usr/bin/env node
// The gate: a PreToolUse hook of Claude Code. It lets a tool call through only when a fresh local file permits
// autonomous work; everything else, and every doubt, is a denial. Exit code 2 denies, with the reason on standard
// error; any other failure would let the call through, so nothing here may end in one. Plain JavaScript without imports
// of ours, so that it starts quickly and no build can break it.
import { open } from "node:fs/promises"

/** The exit code that lets a call through: `ALLOW` of settings.ts. */
const ALLOW = 86
const [flag = "", maxAgeText = "60000"] = process.argv.slice(2)

function deny(reason) {
	try {
		process.stderr.write(`mcp-observatory: ${reason}\n`)
	} finally {
		process.exit(2)
	}
}

process.on("uncaughtException", () => deny("the gate failed, so no tool call is permitted"))
process.on("unhandledRejection", () => deny("the gate failed, so no tool call is permitted"))
// The file may be on a file system that hangs; Claude Code would let the call through after its own time limit. An exit
// would wait for the read, so the process kills itself; the command around it turns that into a denial.
setTimeout(() => {
	process.stderr.write("mcp-observatory: the control state could not be read in time\n")
	process.kill(process.pid, "SIGKILL")
}, 2_000)

/** The file's text reaches a terminal and an agent: one line, without what is not seen or is obeyed. */
const readable = (text) =>
	String(text)
		.replace(/\s+/g, " ")
		.replace(/[\p{Cc}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\p{Surrogate}]/gu, "")
		.slice(0, 500)

async function read() {
	const file = await open(flag, "r")
	try {
		const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0)
		return JSON.parse(buffer.toString("utf8", 0, bytesRead))
	} finally {
		await file.close()
	}
}

try {
	const { state, reason: given, at } = await read()
	const reason = readable(given)
	const age = Date.now() - Date.parse(at)
	const maxAge = Number(maxAgeText)
	if (state === "stop") deny(`emergency stop: ${reason}. Stop working; a person has to release it.`)
	if (state === "pause") deny(`paused: ${reason}. Stop working until a person resumes the sessions.`)
	if (state !== "run") deny("the control state in the file is unknown")
	if (!(age >= -maxAge && age <= maxAge)) deny("the gate's file is too old: no process updates it")
	// A code of its own: an empty script, or one that another program ends, exits with 0.
	process.exit(ALLOW)
} catch {
	deny("the control state cannot be read")
}
