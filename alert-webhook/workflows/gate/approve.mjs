#!/usr/bin/env node
// Asks a person about a tool call that a rule names, and permits it only when this very call was approved: its hash has a
// nonce of this process, so an approval is for one call and works once. Every doubt, and no answer in time, is a denial.
// Plain JavaScript without imports of ours, as hook.mjs.
import { createHash, randomBytes } from "node:crypto"
import { constants, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"

const ALLOW = 86
const MOST_CALL_BYTES = 40_000
const [flag = "", maxAgeText = "60000"] = process.argv.slice(2)
let asked

function deny(reason) {
	try {
		if (asked) rmSync(asked, { force: true })
		process.stderr.write(`mcp-observatory: ${reason}\n`)
	} finally {
		process.exit(2)
	}
}

process.on("uncaughtException", () => deny("asking a person failed, so the call is denied"))
process.on("unhandledRejection", () => deny("asking a person failed, so the call is denied"))

/** The control state and the rules. The file may be between two versions, or on a file system that hangs. */
async function read() {
	const file = await open(flag, "r")
	try {
		const { bytesRead, buffer } = await file.read(Buffer.alloc(65_536), 0, 65_536, 0)
		const { state, at, approvals } = JSON.parse(buffer.toString("utf8", 0, bytesRead))
		const age = Date.now() - Date.parse(at)
		const maxAge = Number(maxAgeText)
		if (!(age >= -maxAge && age <= maxAge)) deny("the gate's file is too old, so no person can be asked")
		if (state === "stop") deny("an emergency stop is active")
		return { state, approvals }
	} finally {
		await file.close()
	}
}

async function readCall() {
	const chunks = []
	for await (const chunk of process.stdin) chunks.push(chunk)
	return JSON.parse(Buffer.concat(chunks).toString("utf8"))
}

/** The texts in a value, as they are and not as JSON writes them. */
function textsIn(value) {
	if (typeof value === "string") return [value]
	return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []
}

function applies({ tool, arguments: wanted }, name, input) {
	if (!new RegExp(`^(?:${tool})$`, "u").test(name)) return false
	if (wanted === undefined) return true
	const pattern = new RegExp(wanted, "u")
	return [JSON.stringify(input), ...textsIn(input)].some((text) => pattern.test(text))
}

async function ask({ approvals, call, rule }) {
	const { session_id: session, cwd = "", tool_name: tool, tool_input: input } = call
	const nonce = randomBytes(16).toString("base64url")
	const body = JSON.stringify({ rule: rule.name, session, cwd, tool, input, nonce })
	if (Buffer.byteLength(body) > MOST_CALL_BYTES) deny(`the call is too long for a person to read (${rule.name})`)
	const hash = createHash("sha256").update(body).digest("hex")
	const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants
	asked = `${flag}.calls/${hash}`
	const file = await open(asked, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o644)
	await file.writeFile(body)
	await file.close()
	const deadline = Date.now() + approvals.waitS * 1000
	while (Date.now() < deadline) {
		await sleep(250)
		const now = await read()
		const decision = now.approvals?.decisions?.find((one) => one.hash === hash)?.decision
		if (decision === "refused") deny(`a person refused this call (${rule.name})`)
		if (decision !== "approved" || now.state !== "run") continue
		rmSync(asked, { force: true })
		process.exit(ALLOW)
	}
	deny(`no person approved this call in time (${rule.name})`)
}

try {
	const { approvals } = await read()
	if (approvals === undefined) process.exit(ALLOW)
	const call = await readCall()
	const rule = approvals.rules.find((one) => applies(one, String(call.tool_name), call.tool_input))
	if (rule === undefined) process.exit(ALLOW)
	await ask({ approvals, call, rule })
} catch {
	deny("a person cannot be asked, so the call is denied")
}
