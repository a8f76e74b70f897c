import { describe, expect, it } from "vitest"
import { isManaged, managedSettingsFile, whyNotManaged, withoutProtection, withProtection } from "./managed.ts"

describe("managed settings", () => {
	it("are where Claude Code reads them on each platform", () => {
		expect(managedSettingsFile("linux")).toBe("/etc/claude-code/managed-settings.json")
		expect(managedSettingsFile("darwin")).toBe("/Library/Application Support/ClaudeCode/managed-settings.json")
		expect(isManaged(managedSettingsFile())).toBe(true)
	})

	it.each([
		["an empty file", {}],
		["an administrator's own values", { disableAllHooks: true, env: { NODE_OPTIONS: "--no-warnings", A: "1" } }],
		["an empty environment", { env: {}, allowManagedHooksOnly: true }],
	])("protect the gate, and are as before without it: %s", (_, before) => {
		const after = withProtection(before)
		expect(whyNotManaged(after)).toBeUndefined()
		const env = { LD_PRELOAD: "", CLAUDE_CODE_SHELL_PREFIX: "", CLAUDE_CODE_SIMPLE: "" }
		expect(after).toMatchObject({ disableAllHooks: false, allowManagedHooksOnly: true, env })
		expect(withoutProtection(after, before)).toEqual(before)
	})

	it("keep an administrator's value of a variable", () => {
		expect(withProtection({ env: { NODE_OPTIONS: "--no-warnings" } })).toMatchObject({
			env: { NODE_OPTIONS: "--no-warnings", LD_AUDIT: "" },
		})
	})

	it("say what leaves the gate open", () => {
		expect(whyNotManaged({})).toMatch(/allowManagedHooksOnly/)
		expect(whyNotManaged({ ...withProtection({}), env: { LD_AUDIT: "" } })).toMatch(
			/project set LD_PRELOAD, NODE_OPTIONS/,
		)
	})
})
