import { describe, expect, it } from "vitest"
import { setprivOptions } from "../process/children.ts"
import { decideRunAs, unprivilegedIds } from "./run-as.ts"

const unprivileged = { uid: 65534, gid: 65534 }
const READ_SEARCH = 0b100n
const OVERRIDE = 0b010n
const situation = { unprivileged, blockedBy: "/root", setpriv: true, capabilities: READ_SEARCH | OVERRIDE }

describe("PostgreSQL started by root", () => {
	it("runs without capabilities where its user can enter every folder", () => {
		expect(decideRunAs({ ...situation, blockedBy: undefined })).toEqual({ ...unprivileged, capabilities: [] })
	})

	it("keeps one capability below a closed folder, the smaller of two", () => {
		expect(decideRunAs(situation).capabilities).toEqual(["dac_read_search"])
		expect(decideRunAs({ ...situation, capabilities: OVERRIDE }).capabilities).toEqual(["dac_override"])
	})

	it("is refused with advice without such a capability", () => {
		expect(() => decideRunAs({ ...situation, capabilities: 0n })).toThrow("may not enter /root")
		expect(() => decideRunAs({ ...situation, setpriv: false })).toThrow("refuses to run as root")
	})

	it("reads the user's ids from the list of users", () => {
		expect(unprivilegedIds("root:x:0:0::/root:/bin/sh\nnobody:x:99:98::/:/bin/false\n")).toEqual({ uid: 99, gid: 98 })
		expect(unprivilegedIds("root:x:0:0::/root:/bin/sh\n")).toEqual(unprivileged)
	})

	it("drops every other capability", () => {
		expect(setprivOptions({ ...unprivileged, capabilities: ["dac_read_search"] }, "SIGINT")).toEqual([
			"--pdeathsig=INT",
			"--reuid=65534",
			"--regid=65534",
			"--clear-groups",
			"--inh-caps=-all,+dac_read_search",
			"--ambient-caps=-all,+dac_read_search",
			"--securebits=+no_setuid_fixup",
		])
	})
})
