import { z } from "zod"

/** Numbers and texts that a mapping or a threshold gives to a value. */
const look = z.object({ text: z.string().optional(), color: z.string().optional() })

const mapping = z.union([
	z.object({ type: z.literal("value"), options: z.record(z.string(), look) }),
	z.object({
		type: z.literal("range"),
		options: z.object({ from: z.number().nullish(), to: z.number().nullish(), result: look }),
	}),
	z.object({ type: z.literal("regex"), options: z.object({ pattern: z.string(), result: look }) }),
	z.object({ type: z.literal("special"), options: z.object({ match: z.string(), result: look }) }),
])
export type Mapping = z.output<typeof mapping>

const thresholds = z.object({
	mode: z.string().default("absolute"),
	steps: z.array(z.object({ value: z.number().nullish(), color: z.string() })).default([]),
})
export type Thresholds = z.output<typeof thresholds>

const custom = z.object({
	axisPlacement: z.string().optional(),
	axisSoftMin: z.number().optional(),
	axisSoftMax: z.number().optional(),
	drawStyle: z.string().optional(),
	fillOpacity: z.number().optional(),
	lineWidth: z.number().optional(),
	lineStyle: z.object({ fill: z.string().optional(), dash: z.array(z.number()).optional() }).optional(),
	stacking: z.object({ mode: z.string().optional() }).optional(),
	cellOptions: z.object({ type: z.string().optional() }).optional(),
	width: z.number().optional(),
	hideFrom: z.object({ viz: z.boolean().optional() }).optional(),
	hidden: z.boolean().optional(),
})

/** How values of a field are shown, as Grafana's field configuration says it. */
const fieldConfig = z.object({
	unit: z.string().optional(),
	decimals: z.number().nullish(),
	min: z.number().nullish(),
	max: z.number().nullish(),
	noValue: z.string().optional(),
	displayName: z.string().optional(),
	color: z.object({ mode: z.string().optional(), fixedColor: z.string().optional() }).optional(),
	thresholds: thresholds.optional(),
	mappings: z.array(mapping).optional(),
	links: z.array(z.object({ title: z.string().default(""), url: z.string().default("") })).optional(),
	custom: custom.optional(),
})
export type FieldConfig = z.output<typeof fieldConfig>

const override = z.object({
	matcher: z.object({ id: z.string(), options: z.unknown().optional() }),
	properties: z.array(z.object({ id: z.string(), value: z.unknown().optional() })),
})
export type Override = z.output<typeof override>

const target = z.object({
	refId: z.string().default("A"),
	datasource: z.unknown().optional(),
	expr: z.string().optional(),
	rawSql: z.string().optional(),
	legendFormat: z.string().default(""),
	format: z.string().default("time_series"),
	instant: z.boolean().default(false),
	range: z.boolean().optional(),
	interval: z.string().optional(),
	hide: z.boolean().default(false),
})
export type Target = z.output<typeof target>

const options = z.object({
	graphMode: z.string().optional(),
	colorMode: z.string().optional(),
	textMode: z.string().optional(),
	orientation: z.string().optional(),
	reduceOptions: z.object({ calcs: z.array(z.string()).default([]) }).optional(),
	legend: z.object({ showLegend: z.boolean().optional(), calcs: z.array(z.string()).optional() }).optional(),
	alertInstanceLabelFilter: z.string().optional(),
	stateFilter: z.record(z.string(), z.boolean()).optional(),
	maxItems: z.number().optional(),
	content: z.string().optional(),
	filterValues: z.object({ le: z.number().optional() }).optional(),
	cellValues: z.object({ unit: z.string().optional() }).optional(),
	color: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
})

const panel = z.object({
	id: z.number(),
	type: z.string(),
	title: z.string().default(""),
	description: z.string().default(""),
	gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
	options: options.default({}),
	fieldConfig: z
		.object({ defaults: fieldConfig.default({}), overrides: z.array(override).default([]) })
		.default({ defaults: {}, overrides: [] }),
	targets: z.array(target).default([]),
	transformations: z.array(z.object({ id: z.string(), options: z.unknown().optional() })).default([]),
	timeFrom: z.string().nullish(),
	interval: z.string().nullish(),
	links: z.array(z.object({ title: z.string().default(""), url: z.string().default("") })).default([]),
	collapsed: z.boolean().default(false),
})
export type Panel = z.output<typeof panel>

const variable = z.object({
	name: z.string(),
	label: z.string().nullish(),
	type: z.string(),
	query: z.unknown().optional(),
	regex: z.string().default(""),
	multi: z.boolean().default(false),
	includeAll: z.boolean().default(false),
	allValue: z.string().nullish(),
	hide: z.union([z.number(), z.string()]).optional(),
	current: z.object({ value: z.union([z.string(), z.array(z.string())]).optional() }).optional(),
	options: z.array(z.object({ value: z.union([z.string(), z.array(z.string())]) })).default([]),
})
export type Variable = z.output<typeof variable>

const dashboard = z.object({
	uid: z.string().regex(/^[\w-]{1,60}$/),
	title: z.string(),
	description: z.string().default(""),
	refresh: z.union([z.string(), z.boolean()]).optional(),
	time: z.object({ from: z.string(), to: z.string() }).default({ from: "now-6h", to: "now" }),
	templating: z.object({ list: z.array(variable).default([]) }).default({ list: [] }),
	panels: z.array(panel.extend({ panels: z.array(panel).default([]) })),
})

/** The panels below one heading; a board starts with the band that has none. */
export interface Band {
	readonly title: string
	/** Shown closed until a person opens it. */
	readonly collapsed: boolean
	readonly panels: readonly Panel[]
}

/** A board as the console shows it. */
export interface Board {
	readonly uid: string
	readonly title: string
	/** The question that it answers. */
	readonly description: string
	/** The role whose folder it is in. */
	readonly role: string
	readonly refreshMs: number
	readonly from: string
	readonly to: string
	readonly variables: readonly Variable[]
	readonly bands: readonly Band[]
}

const SLOWEST_REFRESH_MS = 300_000
const FASTEST_REFRESH_MS = 10_000

/**
 * Reads a dashboard in Grafana's JSON model.
 *
 * @throws ZodError when it is not one
 */
export function parseBoard(json: unknown, role: string): Board {
	const { uid, title, description, refresh, time, templating, panels } = dashboard.parse(json)
	const every = typeof refresh === "string" ? durationMs(refresh) : undefined
	return {
		uid,
		title,
		description: description.split("\n\n")[0] ?? "",
		role,
		refreshMs: Math.min(SLOWEST_REFRESH_MS, Math.max(FASTEST_REFRESH_MS, every ?? 60_000)),
		from: time.from,
		to: time.to,
		variables: templating.list,
		bands: bandsOf(panels),
	}
}

function bandsOf(panels: z.output<typeof dashboard>["panels"]): Band[] {
	const order = [...panels].sort((a, b) => a.gridPos.y - b.gridPos.y || a.gridPos.x - b.gridPos.x)
	const bands: { title: string; collapsed: boolean; panels: Panel[] }[] = [{ title: "", collapsed: false, panels: [] }]
	for (const one of order)
		if (one.type === "row") bands.push({ title: one.title, collapsed: one.collapsed, panels: [...one.panels] })
		else bands.at(-1)?.panels.push(one)
	return bands.filter((band) => band.panels.length > 0)
}

export const panelsOf = (board: Board): readonly Panel[] => board.bands.flatMap(({ panels }) => panels)

const UNIT_MS: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1_000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
	w: 7 * 86_400_000,
	M: 30 * 86_400_000,
	y: 365 * 86_400_000,
}

/** Milliseconds of a duration such as `15s` or `7d`; undefined for another text. */
export function durationMs(text: string): number | undefined {
	const match = /^>?(\d+(?:\.\d+)?)(ms|[smhdwMy])$/.exec(text.trim())
	return match ? Number(match[1]) * (UNIT_MS[match[2] ?? ""] ?? Number.NaN) : undefined
}
