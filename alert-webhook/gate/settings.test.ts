import { describe, expect, it } from "vitest"
import { hookCommand, installedCommand, withHook, withoutHook } from "./settings.ts"

const command = hookCommand({
	node: "/usr/bin/node",
	script: "/opt/it's/alert-webhook/gate/hook.mjs",
	flag: "/run/gate.json",
	maxAgeMs: 60_000,
})
const other = { matcher: "Bash", hooks: [{ type: "command", command: "lint" }] }

describe("withHook", () => {
	it("adds the hook first and keeps everything that is there", () => {
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
		expect(installedCommand(after)).toBe(command)
	})

	it("changes nothing the second time, replaces an older entry, and goes without a trace", () => {
		const once = withHook({}, command)
		expect(withHook(once, command)).toEqual(once)
		expect(installedCommand(withHook(withHook({}, command.replace("60000", "1")), command))).toBe(command)
		expect(withoutHook(once)).toEqual({})
		expect(withoutHook(withHook({ hooks: { PreToolUse: [other] } }, command))).toEqual({
			hooks: { PreToolUse: [other] },
		})
	})

	it("keeps another hook that stands in the same entry", () => {
		const mixed = { hooks: { PreToolUse: [{ matcher: "*", hooks: [{ type: "command", command }, other.hooks[0]] }] } }
		expect(withoutHook(mixed)).toEqual({ hooks: { PreToolUse: [{ matcher: "*", hooks: other.hooks }] } })
	})

	it.each([[[]], ["text"], [{ hooks: [] }], [{ hooks: { PreToolUse: {} } }]])("refuses %j", (settings) => {
		expect(() => withHook(settings, command)).toThrow(/cannot be changed/)
	})
})

describe("installedCommand", () => {
	it("does not count a hook that only some tools are asked for", () => {
		expect(
			installedCommand({ hooks: { PreToolUse: [{ matcher: "Bash", hooks: [{ type: "command", command }] }] } }),
		).toBeUndefined()
	})
})
