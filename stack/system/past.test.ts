import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, expect, it } from "vitest"
import { settingsSchema } from "../settings.ts"
import { stateDirAt } from "../state-dir.ts"
import { pastPart } from "./past.ts"
import type { Plan } from "./plan.ts"

const folders: string[] = []
afterEach(() => {
	for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** A plan with a home of its own, whose Prometheus has these blocks, and the names of those that are left afterwards. */
function planWith(blocks: Readonly<Record<string, readonly string[]>>, demo: boolean, days = "30") {
	const root = mkdtempSync(join(tmpdir(), "observatory-past-"))
	folders.push(root)
	const home = stateDirAt(root, root)
	const data = join(home.prometheus, "data")
	mkdirSync(data, { recursive: true })
	for (const [name, sources] of Object.entries(blocks)) {
		mkdirSync(join(data, name))
		writeFileSync(join(data, name, "meta.json"), JSON.stringify({ compaction: { sources } }))
	}
	const settings = settingsSchema.parse({ DEMO_PAST_DAYS: days })
	const plan: Pick<Plan, "home" | "settings" | "demo" | "install"> = { home, settings, demo, install: false }
	const run = () => pastPart(plan as Plan).run(() => undefined, new AbortController().signal)
	return { run, home, left: () => readdirSync(data).sort() }
}

it("removes the made-up blocks once a real system is watched, also compacted ones, and nothing else", async () => {
	const { run, home, left } = planWith({ MADE: ["MADE"], COMPACTED: ["MADE2", "LIVE"], LIVE2: ["LIVE2"] }, false)
	const record = join(home.prometheus, "demo-past.json")
	writeFileSync(record, JSON.stringify(["MADE", "MADE2"]))
	expect(await run()).toBe("the demo's is removed (2 blocks)")
	expect(left()).toEqual(["LIVE2"])
	expect(existsSync(record)).toBe(false)
	expect(await run()).toBe("none of the demo")
})

it("makes nothing up beside data that Prometheus has already", async () => {
	const { run, left } = planWith({ LIVE: ["LIVE"] }, true)
	expect(await run()).toBe("Prometheus has data already")
	expect(left()).toEqual(["LIVE"])
})

it("makes nothing up when it is switched off", async () => {
	const { run, left } = planWith({}, true, "0")
	expect(await run()).toBe("none (DEMO_PAST_DAYS=0)")
	expect(left()).toEqual([])
})
