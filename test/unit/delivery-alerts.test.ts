import { readFileSync } from "node:fs"
import path from "node:path"
import { expect, it } from "vitest"
import { parse } from "yaml"
import { readPromises } from "../../stack/drill/promises.ts"
import { promiseOf } from "../../stack/drill/run-scenario.ts"
import { SCENARIOS } from "../../stack/drill/scenarios/index.ts"

const root = path.resolve(import.meta.dirname, "../..")
const yaml = (file: string) => parse(readFileSync(path.join(root, file), "utf8"))

interface Alert {
	readonly name: string
	readonly channels: readonly string[]
}
const alerts: readonly Alert[] = Object.values(
	yaml("prometheus/alerts.yaml").alerts as Record<string, readonly Alert[]>,
).flat()
const channels = yaml("alertmanager/channels.yaml").channels as Record<string, { kind: string; hours?: string }>

it.each(["notifications_failing", "pages_unsent", "heartbeat_lost"])(
	"%s, about failing deliveries, goes to two kinds of channel at any hour",
	(name) => {
		const always = alerts.filter((alert) => alert.name === name).flatMap((alert) => alert.channels)
		const kinds = always.filter((channel) => channels[channel]?.hours === undefined).map((one) => channels[one]?.kind)
		expect(new Set(kinds).size).toBeGreaterThanOrEqual(2)
	},
)

it("every drill has a name of its own, and expects alerts of the shipped file", () => {
	const names = SCENARIOS.map(({ name }) => name)
	expect(new Set(names).size).toBe(names.length)
	const promises = readPromises(root)
	for (const scenario of SCENARIOS)
		if (scenario.kind === "fault") for (const expected of scenario.expects) promiseOf(expected, promises)
	const known = new Set([...alerts.map(({ name }) => name), "drill_storm"])
	expect(SCENARIOS.flatMap(({ alongside = [] }) => alongside.filter((name) => !known.has(name)))).toEqual([])
})
