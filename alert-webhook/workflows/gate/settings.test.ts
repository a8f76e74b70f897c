import { describe, expect, it } from "vitest"
import { CLAUDE_TIMEOUT_S } from "./command.ts"
import { gateHooks, installedMaxAge, installedOnFailure, whyNotActive, withHooks, withoutHooks } from "./settings.ts"

const paths = {
	node: "/usr/bin/node",
	script: "/opt/it's/alert-webhook/workflows/gate/hook.mjs",
	flag: "/run/gate '7' <&3 .json",
	maxAgeMs: 60_000,
}
const hooks = gateHooks(paths, { knowsOnFailure: true })
const command = String(hooks.PreToolUse.command)
const other = { matcher: "Bash", hooks: [{ type: "command", command: "lint" }] }

describe("withHook", () => {
	it("adds the hook first and keeps all other settings", () => {
		const before = {
			model: "opus",
			permissions: { deny: ["Read(.env)"] },
			hooks: { PreToolUse: [other], Stop: [{ hooks: [] }] },
		}
		const after = withHooks(before, hooks)
		const entry = { type: "command", command, timeout: CLAUDE_TIMEOUT_S, onFailure: "block" }
		expect(after).toEqual({
			...before,
			hooks: {
				...before.hooks,
				PreToolUse: [{ matcher: "*", hooks: [entry] }, other],
				PostToolUse: [{ matcher: "*", hooks: [hooks.PostToolUse] }],
				UserPromptSubmit: [{ matcher: "*", hooks: [hooks.UserPromptSubmit] }],
			},
		})
		expect(whyNotActive(after, hooks)).toBeUndefined()
	})

	it("changes nothing the second time, replaces an older entry, and is removed completely", () => {
		const once = withHooks({}, hooks)
		expect(withHooks(once, hooks)).toEqual(once)
		const shorter = gateHooks({ ...paths, maxAgeMs: 1 }, { knowsOnFailure: false })
		expect(withHooks(withHooks({}, shorter), hooks)).toEqual(once)
		const old = { type: "command", command: "'node' 'alert-webhook/gate/hook.mjs' 'f' '1' || exit 2", timeout: 10 }
		expect(withHooks({ hooks: { PreToolUse: [{ matcher: "*", hooks: [old] }] } }, hooks)).toEqual(once)
		expect(withoutHooks(once)).toEqual({})
		expect(withoutHooks(withHooks({ hooks: { PreToolUse: [other] } }, hooks))).toEqual({
			hooks: { PreToolUse: [other] },
		})
	})

	it("writes onFailure only for versions that know it: older ones may drop the file", () => {
		expect(installedOnFailure(withHooks({}, hooks))).toBe(true)
		const older = withHooks({}, gateHooks(paths, { knowsOnFailure: false }))
		expect(JSON.stringify(older)).not.toContain("onFailure")
		expect(installedOnFailure(older)).toBe(false)
	})

	it("keeps another hook of the same entry", () => {
		const mixed = { hooks: { PreToolUse: [{ matcher: "*", hooks: [{ type: "command", command }, other.hooks[0]] }] } }
		expect(withoutHooks(mixed)).toEqual({ hooks: { PreToolUse: [{ matcher: "*", hooks: other.hooks }] } })
	})

	it.each([[[]], ["text"], [{ hooks: [] }], [{ hooks: { PreToolUse: {} } }]])("refuses %j", (settings) => {
		expect(() => withHooks(settings, hooks)).toThrow(/cannot be changed/)
	})
})

describe("installedMaxAge", () => {
	it("is the age that was installed", () => {
		expect(installedMaxAge(withHooks({}, gateHooks({ ...paths, maxAgeMs: 30_000 }, { knowsOnFailure: true })))).toBe(
			30_000,
		)
		expect(installedMaxAge({})).toBeUndefined()
	})
})

describe("whyNotActive", () => {
	const ours = hooks.PreToolUse
	const settings = (hook: object, matcher = "*") => ({
		hooks: { ...(withHooks({}, hooks).hooks as object), PreToolUse: [{ matcher, hooks: [hook] }] },
	})

	it.each([
		["no hook", {}, /does not have/],
		["a hook for some tools only", settings(ours, "Bash"), /does not have/],
		["disabled hooks", { ...settings(ours), disableAllHooks: true }, /disableAllHooks/],
		["a gate that is asked before tools only", { hooks: { PreToolUse: settings(ours).hooks.PreToolUse } }, /old gate/],
		["a hook with less time", settings({ ...ours, timeout: 1 }), /another hook/],
		["an asynchronous hook", settings({ ...ours, async: true }), /another hook/],
		["a hook with another flag", settings({ ...ours, command: command.replace("/run/", "/tmp/") }), /another hook/],
	])("sees %s", (_, changed, problem) => {
		expect(whyNotActive(changed, hooks)).toMatch(problem)
	})

	it("finds no problem with the installed hook beside any others", () => {
		expect(whyNotActive({ ...settings(ours), disableAllHooks: false, model: "opus" }, hooks)).toBeUndefined()
	})
})
