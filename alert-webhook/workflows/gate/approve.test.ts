import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { mkdtempSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import path from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import { eventually } from "../../../test/support/process.ts"
import type { Approvals } from "../../domain/approvals.ts"
import { askHook } from "./ask-hook.ts"
import { prepareCalls, readCalls } from "./calls.ts"
import { approvalCommand } from "./command.ts"
import { type Flag, writeFlag } from "./flag.ts"
import { approvalScript } from "./hook-script.ts"
import { approvalHook, gateHooks, hasApprovals, whyNotActive, withHooks, withoutHooks } from "./settings.ts"

const RULES: Approvals["rules"] = [
	{ name: "pushes to main", tool: "Bash", arguments: "git\\s+push\\b.*\\bmain\\b" },
	{ name: "payments", tool: "mcp__bank__.*" },
]
let flag: string
const write = (change: Partial<Flag> = {}, approvals: Partial<Approvals> | null = {}) =>
	writeFlag(flag, {
		state: "run",
		revision: 1,
		reason: "",
		at: new Date().toISOString(),
		...(approvals && { approvals: { waitS: 5, rules: RULES, decisions: [], ...approvals } }),
		...change,
	})
const paths = () => ({ node: process.execPath, script: approvalScript(), flag, maxAgeMs: 60_000 })
const ask = (tool: string, input: object) =>
	askHook(
		approvalCommand(paths()),
		20_000,
		JSON.stringify({ session_id: "s1", cwd: "/repo", tool_name: tool, tool_input: input }),
	)
const push = () => ask("Bash", { command: 'echo "a"\ngit push origin main' })
const waiting = async () => [...(await readCalls(flag, new Set()))]

beforeEach(async () => {
	flag = path.join(mkdtempSync(path.join(tmpdir(), "gate-approve-")), "gate.json")
	prepareCalls(flag)
	await write()
})

describe("the hook that asks a person", () => {
	it("permits without asking a call that no rule names, and every call without rules", async () => {
		expect(await ask("Bash", { command: "git push origin topic" })).toBe("permits")
		expect(await ask("mcp__files__read", {})).toBe("permits")
		await write({}, null)
		expect(await push()).toBe("permits")
		expect(await waiting()).toEqual([])
	})

	it("permits the approved call, and not the same call that is asked again", async () => {
		const first = push()
		const [[hash, body] = ["", ""]] = await eventually(waiting, ({ length }) => length === 1)
		expect(createHash("sha256").update(body).digest("hex")).toBe(hash)
		expect(JSON.parse(body)).toMatchObject({
			rule: "pushes to main",
			session: "s1",
			cwd: "/repo",
			tool: "Bash",
			input: { command: 'echo "a"\ngit push origin main' },
		})
		const decisions: Approvals["decisions"] = [{ hash, decision: "approved" }]
		await write({}, { decisions })
		expect(await first).toBe("permits")
		expect(await push()).toBe("denies")
		expect(readdirSync(`${flag}.calls`)).toEqual([])
	})

	it("denies a refused call at once, and one whose approval a stop follows", async () => {
		for (const [decision, state] of [
			["refused", "run"],
			["approved", "stop"],
		] as const) {
			const asked = ask("mcp__bank__pay", { amount: 5 })
			const [[hash] = [""]] = await eventually(waiting, ({ length }) => length === 1)
			await write({ state }, { waitS: 60, decisions: [{ hash, decision }] })
			expect(await asked).toBe("denies")
			await write()
		}
	})

	it.each<[string, () => Promise<void>]>([
		["an old flag", () => write({ at: new Date(Date.now() - 61_000).toISOString() })],
		["a stop", () => write({ state: "stop" }, null)],
		["a rule that is no pattern", () => write({}, { rules: [{ name: "x", tool: "(" }] })],
	])("denies on %s", async (_, prepare) => {
		await prepare()
		expect(await push()).toBe("denies")
	})

	it("denies a call that is too long to be shown, and a call that is none", async () => {
		expect(await ask("mcp__bank__pay", { note: "x".repeat(50_000) })).toBe("denies")
		expect(await askHook(approvalCommand(paths()), 20_000, "{")).toBe("denies")
	})

	it("denies when it is killed", async () => {
		const child = spawn("/bin/sh", ["-c", approvalCommand({ ...paths(), node: "/bin/false" })], { stdio: "ignore" })
		expect(await new Promise((resolve) => child.once("close", resolve))).toBe(2)
	})
})

it("the settings have it beside the gate only where it is wanted, and lose both together", () => {
	const known = { knowsOnFailure: true }
	const hooks = gateHooks({ ...paths(), script: "/alert-webhook/workflows/gate/hook.mjs" }, known)
	const settings = withHooks({ model: "sonnet" }, hooks, approvalHook(paths(), known))
	expect(whyNotActive(settings, hooks)).toBeUndefined()
	expect(hasApprovals(settings)).toBe(true)
	expect(hasApprovals(withHooks(settings, hooks))).toBe(false)
	expect(withoutHooks(settings)).toEqual({ model: "sonnet" })
})
