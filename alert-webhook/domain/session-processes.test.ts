import { describe, expect, it } from "vitest"
import { type HostProcess, isSame, programOf, sessionTrees } from "./session-processes.ts"

const process = (pid: number, changes: Partial<HostProcess> = {}): HostProcess => ({
	pid,
	parent: 1,
	group: pid,
	started: "100",
	uid: 1000,
	executable: "/usr/bin/other",
	args: [],
	...changes,
})
const CLAUDE = "/usr/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe"
const wanted = { programs: undefined, uids: [1000] }
const pids = (processes: readonly HostProcess[]) => processes.map(({ pid }) => pid).sort()

describe("programOf", () => {
	it.each([
		[CLAUDE, []],
		["/srv/app/node_modules/@anthropic-ai/claude-code-linux-x64/claude", []],
		["/srv/app/node_modules/@anthropic-ai/claude-agent-sdk-linux-x64/claude", []],
		["/home/a/.local/share/claude/versions/2.1.332", []],
		["/home/a/.local/share/claude/versions/2.1.331 (deleted)", []],
		["/usr/bin/node", ["node", "/srv/app/node_modules/@anthropic-ai/claude-code/cli.js"]],
	])("knows Claude Code: %s %j", (executable, args) => {
		expect(programOf(process(1, { executable, args }), wanted)).toBeDefined()
	})

	it.each([
		["/usr/bin/claude-monitor", []],
		["/usr/bin/vim", ["vim", "/srv/app/node_modules/@anthropic-ai/claude-code/cli.js"]],
		["/usr/bin/node", ["node", "/srv/claude/server.js", "/srv/node_modules/@anthropic-ai/claude-code/cli.js"]],
		["/usr/bin/bash", ["bash", "-c", `exec ${CLAUDE}`]],
		["", []],
	])("knows no other program: %s %j", (executable, args) => {
		expect(programOf(process(1, { executable, args }), wanted)).toBeUndefined()
	})

	it("knows only the configured ones where some are configured", () => {
		const own = { programs: ["/opt/agent"], uids: [1000] }
		expect(programOf(process(1, { executable: CLAUDE }), own)).toBeUndefined()
		expect(programOf(process(1, { executable: "/opt/agent" }), own)).toBe("/opt/agent")
		expect(programOf(process(1, { executable: "/usr/bin/dash", args: ["/bin/sh", "/opt/agent"] }), own)).toBe(
			"/opt/agent",
		)
		expect(programOf(process(1, { executable: "/usr/bin/less", args: ["less", "/opt/agent"] }), own)).toBeUndefined()
	})
})

describe("sessionTrees", () => {
	const session = process(10, { executable: CLAUDE })

	it("has a session, what it has started, and what that has left to init in a group of its own", () => {
		const { sessions, started } = sessionTrees(
			[
				process(1, { parent: 0 }),
				session,
				process(11, { parent: 10 }),
				process(12, { parent: 11, group: 12 }),
				process(13, { parent: 1, group: 12 }),
				process(20),
				process(21, { parent: 20 }),
			],
			wanted,
			99,
		)
		expect([pids(sessions), pids(started)]).toEqual([[10], [11, 12, 13]])
	})

	it("leaves out the group of a pipeline in which a session is not the leader", () => {
		const { started } = sessionTrees([{ ...session, group: 5 }, process(5), process(6, { group: 5 })], wanted, 99)
		expect(started).toEqual([])
	})

	it("names the sessions of other users and does not end them", () => {
		const { sessions, foreign } = sessionTrees([session, { ...session, pid: 30, uid: 1001 }], wanted, 99)
		expect([pids(sessions), pids(foreign)]).toEqual([[10], [30]])
	})

	it("leaves out the observatory that a session has started, with its database, and ends the session's other tools", () => {
		const { sessions, started } = sessionTrees(
			[
				session,
				process(11, { parent: 10 }),
				process(12, { parent: 11 }),
				process(13, { parent: 11 }),
				process(14, { parent: 12, executable: CLAUDE }),
				process(15, { parent: 14 }),
				process(16, { parent: 10 }),
			],
			wanted,
			12,
		)
		expect([pids(sessions), pids(started)]).toEqual([
			[10, 14],
			[15, 16],
		])
	})

	it("knows a process from a later one with the same pid", () => {
		expect(isSame(session, { ...session })).toBe(true)
		expect(isSame(session, { ...session, started: "101" })).toBe(false)
	})
})
