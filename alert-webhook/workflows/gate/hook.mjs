#!/usr/bin/env node
// The gate: a hook of Claude Code. It lets a tool call through only when a fresh local file permits autonomous work. A
// stop ends the session, with an answer on standard output; a pause asks the command around this to wait; every doubt is
// a denial, exit code 2 with the reason on standard error. Any other failure would let the call through, so nothing here
// may end in one. Plain JavaScript without imports of ours, so that it starts quickly and no build can break it.
import { constants, writeSync } from "node:fs"
import { open } from "node:fs/promises"

/** The exit codes of settings.ts: the call may run; the session ends, as the answer says; ask again later. */
const ALLOW = 86
const END = 87
const WAIT = 88
const WAIT_STOPPED = 89
const [flag = "", maxAgeText = "60000", event = "PreToolUse", atStop = "end", left = "0", before = "0"] =
	process.argv.slice(2)

function deny(reason) {
	try {
		process.stderr.write(`mcp-observatory: ${reason}\n`)
	} finally {
		process.exit(2)
	}
}

/**
 * Ends the session. A denial alone leaves the model asking again, faster than it worked. Before a tool, older versions
 * deny and do not end, so there the call waits.
 */
function stop(reason) {
	if (atStop === "wait" && event === "PreToolUse" && Number(left) > 0) process.exit(WAIT_STOPPED)
	const said = `mcp-observatory: ${reason}`
	const denial = { hookEventName: event, permissionDecision: "deny", permissionDecisionReason: said }
	const answer = { continue: false, stopReason: said, ...(event === "PreToolUse" && { hookSpecificOutput: denial }) }
	try {
		const text = Buffer.from(`${JSON.stringify(answer)}\n`)
		// Less than a pipe takes at once; half an answer would be none.
		if (writeSync(1, text) === text.length) process.exit(END)
	} catch {
		// A denial follows, which needs no answer.
	}
	deny(reason)
}

/** Lets the command wait and ask again while it has time: meanwhile no model is asked either. */
function pause(reason) {
	if (event === "UserPromptSubmit") process.exit(ALLOW)
	if (Number(left) > 0) process.exit(WAIT)
	deny(`paused: ${reason}. Stop working until a person resumes the sessions.`)
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

/** The call that Claude Code passes; undefined when it does not end soon. */
async function readCall() {
	const chunks = []
	for await (const chunk of process.stdin) chunks.push(chunk)
	return JSON.parse(Buffer.concat(chunks).toString("utf8"))
}

/** Answers the webhook's challenge for this session, whatever the state. Without an answer, nothing changes for the call. */
async function answer(challenge) {
	if (typeof challenge !== "string" || challenge.length > 200) return
	const { session_id: id } = await readCall()
	if (!/^[\w-]{1,100}$/.test(id)) return
	const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants
	const file = await open(`${flag}.answers/${id}`, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644)
	await file.writeFile(challenge)
	await file.close()
}

/** A time limit for the answer, because a stop must not wait for it. */
const soon = () => new Promise((resolve) => setTimeout(resolve, 300))

/** The flag is written each second; one that is older, in milliseconds, may not be writable any more. */
const LATE = 1_500
/** How long alert-webhook has to answer, in milliseconds; with the rest, less than this process may take. */
const PATIENCE = 800

/**
 * The state at alert-webhook when it is stricter than the flag, which a read-only disk keeps as it was. Without an
 * answer, as while alert-webhook restarts, the flag counts until it is too old; no answer makes it younger.
 */
async function askWebhook(url) {
	try {
		const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE), redirect: "error" })
		const { state } = answer.ok ? await answer.json() : {}
		return state === "stop" || state === "pause" ? state : undefined
	} catch {
		return undefined
	}
}

try {
	const { state: written, reason: given, at, challenge, ask } = await read()
	await Promise.race([answer(challenge).catch(() => undefined), soon()])
	const age = Date.now() - Date.parse(at)
	const maxAge = Number(maxAgeText)
	const asks = written === "run" && age > LATE && age <= maxAge && typeof ask === "string"
	const stricter = asks ? await askWebhook(ask) : undefined
	const state = stricter ?? written
	const reason = stricter === undefined ? readable(given) : "as alert-webhook says; the gate's file cannot be written"
	if (state === "stop") stop(`emergency stop: ${reason}. Stop working; a person has to release it.`)
	if (before === String(WAIT_STOPPED)) deny("the emergency stop has ended this work")
	if (state === "pause") pause(reason)
	if (state !== "run") deny("the control state in the file is unknown")
	if (!(age >= -maxAge && age <= maxAge)) deny("the gate's file is too old: no process updates it")
	// A code of its own: an empty script, or one that another program ends, exits with 0.
	process.exit(ALLOW)
} catch {
	deny("the control state cannot be read")
}
