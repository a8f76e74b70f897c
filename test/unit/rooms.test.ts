import { readdirSync, readFileSync } from "node:fs"
import path from "node:path"
import { describe, expect, it } from "vitest"

/**
 * The house: which room may import which. A room is the longest matching prefix of a file's path. What is not listed
 * for a room is forbidden to it; tests may import anything.
 */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
	"core/lib": [],
	"core/clients": ["core/lib"],
	"core/catalogue": ["core/lib"],
	"core/alerts": ["core/catalogue", "core/lib"],
	"core/db": ["core/lib"],
	"core/metrics": ["core/catalogue", "core/db", "core/lib"],
	exporters: ["core/catalogue", "core/clients", "core/db", "core/metrics", "core/lib", "exporters/instrumentation"],
	// A package of its own, which applications install without the rest.
	"exporters/instrumentation": [],
	prometheus: ["core/alerts", "core/catalogue", "core/clients", "core/lib"],
	alertmanager: ["core/alerts", "core/lib"],
	"alert-webhook": ["core/alerts", "core/catalogue", "core/clients", "core/db", "core/metrics", "core/lib"],
	grafana: ["core/alerts", "core/catalogue", "core/clients", "core/lib"],
	stack: ["core/clients", "core/db", "core/lib"],
	// It runs the stack and breaks the demo, and compares with what the alerts promise.
	"stack/drill": ["core/alerts", "core/clients", "core/lib", "demo", "stack"],
	demo: ["core/db", "core/lib"],
	// It makes up series, which the catalogue declares.
	"demo/past": ["core/catalogue", "core/lib", "demo"],
}

/** The layers of the webhook, from the bottom: a file imports its own layer and those below. */
const LAYERS: readonly (readonly string[])[] = [
	["domain"],
	["clients"],
	["context.ts", "metrics.ts"],
	["store"],
	["workflows"],
	["web"],
	["config.ts", "wiring", "server.ts", "main.ts"],
]

/** The one command that writes both rooms' output, all or nothing. */
const EXTRA: Readonly<Record<string, readonly string[]>> = {
	"prometheus/command/compile.ts": ["alertmanager"],
	"prometheus/command/run.ts": ["alertmanager"],
}

const root = path.resolve(import.meta.dirname, "../..")
const files = ["core", "exporters", "prometheus", "alertmanager", "alert-webhook", "grafana", "stack", "demo"]
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

/** Every cycle of a graph that a walk in depth meets, as `a → b → a`. */
function cyclesOf(nodes: readonly string[], next: (node: string) => readonly string[]): string[] {
	const cycles: string[] = []
	const state = new Map<string, "open" | "done">()
	const visit = (node: string, trail: string[]) => {
		if (state.get(node) === "done") return
		if (state.get(node) === "open") {
			cycles.push([...trail.slice(trail.indexOf(node)), node].join(" → "))
			return
		}
		state.set(node, "open")
		for (const target of next(node)) visit(target, [...trail, node])
		state.set(node, "done")
	}
	for (const node of nodes) visit(node, [])
	return cycles
}

const ancestorsOf = (folder: string): string[] => (folder === "." ? [] : [folder, ...ancestorsOf(path.dirname(folder))])

/** @throws Error for a file that belongs to no layer */
function layerOf(file: string): number {
	const part = file.split("/")[1] ?? ""
	const layer = LAYERS.findIndex((parts) => parts.includes(part))
	if (layer < 0) throw new Error(`${file} belongs to no layer of the webhook`)
	return layer
}

/** Only these touch the environment, so that everything else can be run with other values. */
/** The first files of programs; a preload is the first one of a program of others. */
const isRim = (file: string) => /(^|\/)(main|build|cli|preload)\.ts$/.test(file)

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
		expect(cyclesOf(files, (file) => localImports(file).filter((target) => files.includes(target)))).toEqual([])
	})

	it("have no cycle among their folders", () => {
		const parents = new Set(files.flatMap((file) => ancestorsOf(path.dirname(path.dirname(file)))))
		// A file beside folders is a node of its own: it wires them, or they share it.
		const nodeOf = (file: string) => (parents.has(path.dirname(file)) ? file : path.dirname(file))
		const targets = new Map<string, Set<string>>()
		for (const file of files) {
			const from = nodeOf(file)
			const to = targets.get(from) ?? new Set<string>()
			for (const target of localImports(file))
				if (files.includes(target) && nodeOf(target) !== from) to.add(nodeOf(target))
			targets.set(from, to)
		}
		expect(cyclesOf([...targets.keys()], (node) => [...(targets.get(node) ?? [])])).toEqual([])
	})

	it("of the webhook import downward only", () => {
		const upward = files
			.filter((file) => file.startsWith("alert-webhook/"))
			.flatMap((file) =>
				localImports(file)
					.filter((target) => target.startsWith("alert-webhook/") && layerOf(target) > layerOf(file))
					.map((target) => `${file} → ${target}`),
			)
		expect(upward).toEqual([])
	})

	it("read the environment only in the first files of programs", () => {
		const readers = files.filter(
			(file) => !isRim(file) && /\bprocess\.env\b(?!\s*[,}])/.test(source(file).replace(/\.\.\.process\.env/g, "")),
		)
		expect(readers).toEqual([])
	})
})
