import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { type FakeGrafana, fakeGrafana, TOKEN } from "../../test/support/grafana-api.ts"
import { BOARDS } from "../boards/index.ts"
import { createGrafana } from "../client/client.ts"
import { applyAccess } from "./apply.ts"
import { accessMap } from "./map.ts"
import { type Members, parseMembers } from "./members.ts"
import { planAccess } from "./plan.ts"
import { renderPlan } from "./render.ts"
import { readAccess } from "./state.ts"

const map = accessMap(BOARDS)

describe("the access map", () => {
	it("is the strategy's: each role sees these boards", () => {
		const boards = Object.fromEntries(map.map(({ role, boards }) => [role, boards]))
		expect(boards).toEqual({
			executive: ["executive-dashboard", "safety-overview"],
			operations: ["operations-dashboard", "alert-management", "incident-response", "system-health"],
			developer: ["technical-dashboard", "trace-explorer", "log-viewer"],
			security: ["security-overview", "audit-logs", "compliance-reports"],
		})
	})

	it("names the data sources that a role's boards read", () => {
		expect(map.find(({ role }) => role === "developer")?.dataSources).toContain("telemetry")
		expect(map.find(({ role }) => role === "executive")?.dataSources).not.toContain("telemetry")
	})
})

describe("access by role", () => {
	let grafana: FakeGrafana
	beforeEach(async () => {
		grafana = await fakeGrafana()
		grafana.users.push(
			{ userId: 1, login: "admin", email: "", role: "Admin" },
			{ userId: 2, login: "ada", email: "ada@example.org", role: "Viewer" },
			{ userId: 3, login: "bob", email: "bob@example.org", role: "Viewer" },
		)
		for (const { folder } of map) {
			grafana.folders.set(folder, [
				{ role: "Admin", permission: 4 },
				{ role: "Editor", permission: 2 },
				{ role: "Viewer", permission: 1 },
			])
		}
	})
	afterEach(() => grafana.close())

	const client = () => createGrafana({ url: grafana.url, authorization: TOKEN })
	async function run(members: Members = {}) {
		const state = await readAccess(client(), map)
		const plan = planAccess(map, state, members)
		await applyAccess(client(), state, plan.changes)
		return plan
	}

	it("gives each folder to its team alone", async () => {
		await run()
		expect(grafana.teams.map(({ name }) => name)).toEqual(map.map(({ team }) => team))
		for (const { folder, team } of map) {
			const id = grafana.teams.find(({ name }) => name === team)?.id
			expect(grafana.folders.get(folder)).toEqual([{ teamId: id, permission: 1 }])
		}
	})

	it("changes nothing the second time", async () => {
		await run({ executive: ["ada"] })
		grafana.writes.splice(0)
		const { changes, faults } = await run({ executive: ["ada"] })
		expect({ changes, faults, writes: grafana.writes }).toEqual({ changes: [], faults: [], writes: [] })
	})

	it("changes nothing while it plans", async () => {
		const plan = planAccess(map, await readAccess(client(), map), { security: ["bob"] })
		expect(grafana.writes).toEqual([])
		expect(renderPlan(map, plan, false)).toContain(`Would change:
  + team Observatory executive
  + team Observatory operations
  + team Observatory developer
  + team Observatory security
  + bob in team Observatory security
  ~ folder observatory-executive: team Observatory executive views it; no longer everyone of role Editor, everyone of role Viewer`)
	})

	it("keeps the permissions of other teams and of people, and withdraws those of our other teams", async () => {
		await run()
		grafana.teams.push({ id: 9, name: "Auditors", members: [] })
		const [executive = map[0], operations = map[1]] = map.map((access) => access)
		const id = (name = "") => grafana.teams.find((team) => team.name === name)?.id ?? 0
		grafana.folders.set("observatory-executive", [
			{ teamId: id(executive?.team), permission: 1 },
			{ teamId: id(operations?.team), permission: 1 },
			{ teamId: 9, permission: 1 },
			{ userId: 2, permission: 2 },
		])
		const { changes } = await run()
		expect(changes).toMatchObject([{ kind: "setFolder", withdrawn: ["team Observatory operations"] }])
		expect(grafana.folders.get("observatory-executive")).toEqual([
			{ teamId: id(executive?.team), permission: 1 },
			{ teamId: 9, permission: 1 },
			{ userId: 2, permission: 2 },
		])
	})

	it("reduces a team's own permission to viewing", async () => {
		await run()
		const [item] = grafana.folders.get("observatory-security") ?? []
		grafana.folders.set("observatory-security", [{ ...item, permission: 4 }])
		await run()
		expect(grafana.folders.get("observatory-security")).toEqual([{ ...item, permission: 1 }])
	})

	it("makes the teams' members those of the file, and leaves unnamed teams alone", async () => {
		await run({ executive: ["ada"], security: ["bob@example.org"] })
		await run({ executive: ["bob"] })
		const members = Object.fromEntries(grafana.teams.map(({ name, members }) => [name, members]))
		expect(members).toMatchObject({ "Observatory executive": [3], "Observatory security": [3] })
	})

	it("reports what it cannot change: anonymous access, Explore for viewers, missing folders, unknown people", async () => {
		grafana.anonymous = true
		grafana.viewersCanEdit = true
		grafana.folders.delete("observatory-developer")
		const { faults } = await run({ executive: ["eve"] })
		expect(faults).toEqual([
			expect.stringContaining("GF_AUTH_ANONYMOUS_ENABLED=false"),
			expect.stringContaining("GF_USERS_VIEWERS_CAN_EDIT=false"),
			expect.stringContaining("there is no folder observatory-developer"),
			"eve, of executive, is no user of this Grafana",
		])
	})

	it("says that data sources are open to every signed-in user, and who sees every board", async () => {
		const { notes } = await run({ executive: ["admin"] })
		expect(notes).toEqual([
			expect.stringContaining("every signed-in user can query postgres, prometheus, telemetry"),
			"admin, of executive, is an administrator and sees every board",
		])
	})

	it("refuses a wrong credential", async () => {
		const stranger = createGrafana({ url: grafana.url, authorization: "Bearer wrong" })
		await expect(readAccess(stranger, map)).rejects.toThrow(/answered 401/)
	})
})

describe("the members' file", () => {
	it("maps roles to people", () => {
		expect(parseMembers("executive: [ada]\nsecurity:\n  - bob@example.org\n", "members.yaml")).toEqual({
			executive: ["ada"],
			security: ["bob@example.org"],
		})
	})

	it.each(["managers: [ada]", "executive: ada", "executive: [", "executive: [7]"])("refuses %j", (text) => {
		expect(() => parseMembers(text, "members.yaml")).toThrow(/members.yaml cannot be read/)
	})
})
