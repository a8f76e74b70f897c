import { describe, expect, it } from "vitest"
import { stateDirAt } from "../state-dir.ts"
import { decideServerUser, secretOf } from "./server-user.ts"

const READ_SEARCH = 0b100n
const situation = { isRoot: true, setpriv: true, blockedBy: undefined, capabilities: READ_SEARCH }

describe("a server that root starts", () => {
	it("runs as a user of its own, without capabilities", () => {
		const prometheus = decideServerUser("prometheus", situation)
		const alertmanager = decideServerUser("alertmanager", situation)
		expect(prometheus?.capabilities).toEqual([])
		expect(prometheus?.uid).toBeGreaterThan(0)
		// PostgreSQL runs as nobody.
		expect(new Set([prometheus?.uid, alertmanager?.uid, 65_534, 0]).size).toBe(4)
	})

	it("keeps the capability to read below a closed folder, and is root without it", () => {
		const blocked = { ...situation, blockedBy: "/root" }
		expect(decideServerUser("prometheus", blocked)?.capabilities).toEqual(["dac_read_search"])
		expect(decideServerUser("prometheus", { ...blocked, capabilities: 0n })).toBeUndefined()
		expect(decideServerUser("prometheus", { ...blocked, setpriv: false })).toBeUndefined()
	})

	it("finds its secrets in its own folder; one that an ordinary user starts has that user and those files", () => {
		const secret = { file: "/home/.observatory/secrets/metrics_token", value: "x", created: false }
		const home = stateDirAt("/home")
		const machine = { platform: "linux", searchPath: "", setpriv: undefined, hasApt: false, isRoot: true } as const
		expect(secretOf({ machine, home }, "prometheus", secret)).toBe(
			"/home/.observatory/prometheus/credentials/metrics_token",
		)
		expect(secretOf({ machine: { ...machine, isRoot: false }, home }, "prometheus", secret)).toBe(secret.file)
		expect(decideServerUser("prometheus", { ...situation, isRoot: false })).toBeUndefined()
	})
})
