#!/usr/bin/env node
// The gate: a PreToolUse hook of Claude Code. It lets a tool call through only when a fresh local file says that
// autonomous work may go on; everything else, and every doubt, is a denial. Exit code 2 denies, with the reason on
// standard error; any other failure would let the call through, which is why nothing here may end in one.
// Plain JavaScript without imports of ours, so that it starts quickly and cannot be broken by a build.
import { open } from "node:fs/promises"

/** The exit code that lets a call through; the command that runs this knows it too. */
const ALLOW = 86
const [flag = "", maxAgeText = "60000"] = process.argv.slice(2)

function deny(reason) {
	try {
		process.stderr.write(`mcp-observatory: ${reason}\n`)
	} finally {
		process.exit(2)
	}
}

process.on("uncaughtException", () => deny("the gate failed, so nothing may be done"))
process.on("unhandledRejection", () => deny("the gate failed, so nothing may be done"))
// The file may lie on something that hangs; Claude Code would let the call through after its own time limit. An exit
// would wait for the hanging read, so the process ends itself; the command that runs it makes a denial of that.
setTimeout(() => {
	process.stderr.write("mcp-observatory: whether work may go on could not be read in time\n")
	process.kill(process.pid, "SIGKILL")
}, 2_000)

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
	const { state, reason, at } = await read()
	const age = Date.now() - Date.parse(at)
	const maxAge = Number(maxAgeText)
	if (state === "stop") deny(`emergency stop: ${reason}. Stop working; a person has to release it.`)
	if (state === "pause") deny(`paused: ${reason}. Stop working until a person lets you go on.`)
	if (state !== "run") deny("the file that says whether work may go on says nothing known")
	if (!(age >= -maxAge && age <= maxAge)) deny("nobody keeps the gate: its file is too old")
	// A code of its own: an empty script, or one that another program ends, exits with 0.
	process.exit(ALLOW)
} catch {
	deny("whether work may go on cannot be read")
}
