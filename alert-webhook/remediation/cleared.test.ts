import { expect, it } from "vitest"
import { holdsFor } from "./cleared.ts"

const labels = { alertname: "mcp_server_degraded", severity: "warning", server: "everything" }

it.each([
	["there is nothing", [], false],
	["an element of the same server is there", [{ labels: { server: "everything", job: "health" }, value: 1 }], true],
	["only another server is there", [{ labels: { server: "memory" }, value: 1 }], false],
	["an element without labels is there", [{ labels: {}, value: 1 }], true],
	["the series has its own name", [{ labels: { __name__: "x", server: "everything" }, value: 0 }], true],
])("says whether the alert holds when %s", (_, elements, holds) => {
	expect(holdsFor(elements, labels)).toBe(holds)
})
