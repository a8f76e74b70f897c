import { describe, expect, it } from "vitest"
import { hookCommand, installedMaxAge, whyNotActive, withHook, withoutHook } from "./settings.ts"

const paths = {
	node: "/usr/bin/node",
	script: "/opt/it's/alert-webhook/workflows/gate/hook.mjs",
	flag: "/run/gate '7' <&3 .json",
	maxAgeMs: 60_000,
}
const command = hookCommand(paths)
const other = { matcher: "Bash", hooks: [{ type: "command", command: "lint" }] }

describe("withHook", () => {
	it("adds the hook first and keeps all other settings", () => {
		const before = {
			model: "opus",
			permissions: { deny: ["Read(.env)"] },
			hooks: { PreToolUse: [other], Stop: [{ hooks: [] }] },
		}
		const after = withHook(before, command)
		expect(after).toEqual({
			...before,
			hooks: {
				...before.hooks,
				PreToolUse: [{ matcher: "*", hooks: [{ type: "command", command, timeout: 10 }] }, other],
			},
		})
		expect(whyNotActive(after, command)).toBeUndefined()
	})

	it("changes nothing the second time, replaces an older entry, and is removed completely", () => {
		const once = withHook({}, command)
		expect(withHook(once, command)).toEqual(once)
		expect(withHook(withHook({}, command.replace("60000", "1")), command)).toEqual(once)
		expect(withHook(withHook({}, "'node' 'alert-webhook/gate/hook.mjs' 'f' '1' || exit 2"), command)).toEqual(once)
		expect(withoutHook(once)).toEqual({})
		expect(withoutHook(withHook({ hooks: { PreToolUse: [other] } }, command))).toEqual({
			hooks: { PreToolUse: [other] },
		})
	})

	it("keeps another hook of the same entry", () => {
		const mixed = { hooks: { PreToolUse: [{ matcher: "*", hooks: [{ type: "command", command }, other.hooks[0]] }] } }
		expect(withoutHook(mixed)).toEqual({ hooks: { PreToolUse: [{ matcher: "*", hooks: other.hooks }] } })
	})

	it.each([[[]], ["text"], [{ hooks: [] }], [{ hooks: { PreToolUse: {} } }]])("refuses %j", (settings) => {
		expect(() => withHook(settings, command)).toThrow(/cannot be changed/)
	})
})

describe("installedMaxAge", () => {
	it("is the age that was installed", () => {
		expect(installedMaxAge(withHook({}, hookCommand({ ...paths, maxAgeMs: 30_000 })))).toBe(30_000)
		expect(installedMaxAge({})).toBeUndefined()
	})
})

describe("whyNotActive", () => {
	const ours = { type: "command", command, timeout: 10 }
	const settings = (hook: object, matcher = "*") => ({ hooks: { PreToolUse: [{ matcher, hooks: [hook] }] } })

	it.each([
		["no hook", {}, /does not have/],
		["a hook for some tools only", settings(ours, "Bash"), /does not have/],
		["disabled hooks", { ...settings(ours), disableAllHooks: true }, /disableAllHooks/],
		["a hook with less time", settings({ ...ours, timeout: 1 }), /another hook/],
		["an asynchronous hook", settings({ ...ours, async: true }), /another hook/],
		["a hook with another flag", settings({ ...ours, command: command.replace("/run/", "/tmp/") }), /another hook/],
	])("sees %s", (_, changed, problem) => {
		expect(whyNotActive(changed, command)).toMatch(problem)
	})

	it("finds no problem with the installed hook beside any others", () => {
		expect(whyNotActive({ ...settings(ours), disableAllHooks: false, model: "opus" }, command)).toBeUndefined()
	})
})
