import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"

/**
 * The house: which room may import which. A room is the longest matching prefix of a file's path. What is not listed
 * for a room is forbidden to it; tests may import anything.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	"core/lib": [],
	"core/catalogue": ["core/lib"],
	"core/alerts": ["core/catalogue", "core/lib"],
	"core/db": ["core/lib"],
	"core/metrics": ["core/catalogue", "core/db", "core/lib"],
	exporters: ["core/catalogue", "core/db", "core/metrics", "core/lib"],
	prometheus: ["core/alerts", "core/catalogue", "core/lib"],
	alertmanager: ["core/alerts", "core/lib"],
	"alert-webhook": ["core/alerts", "core/catalogue", "core/db", "core/metrics", "core/lib"],
	grafana: ["core/alerts", "core/catalogue", "core/lib"],
	stack: ["core/db", "core/lib"],
}

/** The one command that writes both rooms' output, all or nothing. */
const EXTRA: Readonly<Record<string, readonly string[]>> = { "prometheus/main.ts": ["alertmanager"] }

const root = path.resolve(import.meta.dirname, "../..")
const files = ["core", "exporters", "prometheus", "alertmanager", "alert-webhook", "grafana", "stack"]
	.flatMap((top) =>
		readdirSync(path.join(root, top), { recursive: true, encoding: "utf8" }).map((file) => path.join(top, file)),
	)
	.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
const source = (file: string) => readFileSync(path.join(root, file), "utf8")

function roomOf(file: string): string {
	const candidates = Object.keys(ROOMS).filter((room) => file.startsWith(`${room}/`))
	return candidates.sort((a, b) => b.length - a.length)[0] ?? ""
}

function localImports(file: string): string[] {
	const specifiers = [...source(file).matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)"(\.[^"]+)"/g)].map(
		(match) => match[1] ?? "",
	)
	return specifiers.map((specifier) => path.join(path.dirname(file), specifier))
}

/** Only these touch the environment, so that everything else can be run with other values. */
const isRim = (file: string) => /(^|\/)(main|build|cli)\.ts$/.test(file)

describe("the rooms", () => {
	it("cover every source file", () => {
		expect(files.length).toBeGreaterThan(20)
		expect(files.filter((file) => roomOf(file) === "")).toEqual([])
	})

	it("import only the rooms that they are given", () => {
		const trespasses = files.flatMap((file) => {
			const room = roomOf(file)
			const allowed = [room, ...(ROOMS[room] ?? []), ...(EXTRA[file] ?? [])]
			return localImports(file)
				.filter((target) => !allowed.includes(roomOf(target)))
				.map((target) => `${file} → ${target}`)
		})
		expect(trespasses).toEqual([])
	})

	it("have no cycle among their files", () => {
		const cycles: string[] = []
		const state = new Map<string, "open" | "done">()
		const visit = (file: string, trail: string[]) => {
			if (state.get(file) === "done") return
			if (state.get(file) === "open") {
				cycles.push([...trail.slice(trail.indexOf(file)), file].join(" → "))
				return
			}
			state.set(file, "open")
			for (const target of localImports(file)) if (files.includes(target)) visit(target, [...trail, file])
			state.set(file, "done")
		}
		for (const file of files) visit(file, [])
		expect(cycles).toEqual([])
	})

	it("read the environment only in main, build and cli files", () => {
		const readers = files.filter(
			(file) => !isRim(file) && /\bprocess\.env\b(?!\s*[,}])/.test(source(file).replace(/\.\.\.process\.env/g, "")),
		)
		expect(readers).toEqual([])
	})
})
