import { z } from "zod"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { Grafana } from "./client.ts"

/** A panel of a board as Grafana stores it; fields that we do not read are kept. */
const panel = z.looseObject({
	id: z.number(),
	type: z.string(),
	title: z.string().default(""),
	gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }).optional(),
	datasource: z.looseObject({ type: z.string().optional(), uid: z.string().optional() }).nullish(),
	targets: z.array(z.looseObject({ refId: z.string().default("A") })).default([]),
	interval: z.string().optional(),
	maxDataPoints: z.number().nullish(),
	fieldConfig: z
		.looseObject({ defaults: z.looseObject({ noValue: z.string().optional() }).default({}) })
		.default({ defaults: {} }),
})
export type StoredPanel = z.output<typeof panel>

const variable = z.looseObject({
	name: z.string(),
	current: z.looseObject({ value: z.union([z.string(), z.array(z.string())]).optional() }).nullish(),
})

const dashboard = z.looseObject({
	uid: z.string(),
	title: z.string(),
	time: z.object({ from: z.string(), to: z.string() }).default({ from: "now-6h", to: "now" }),
	templating: z.looseObject({ list: z.array(variable).default([]) }).default({ list: [] }),
	panels: z.array(z.looseObject({ type: z.string(), panels: z.array(z.unknown()).optional() })).default([]),
})

/** A board as it is in Grafana. */
export interface StoredBoard {
	readonly uid: string
	readonly title: string
	readonly from: string
	readonly to: string
	/** The variables' current values, by name. */
	readonly variables: Readonly<Record<string, string>>
	readonly panels: readonly StoredPanel[]
	/** Ids of panels in collapsed rows, which are on the page only once the row is opened. */
	readonly collapsed: readonly number[]
}

const found = z.array(z.looseObject({ uid: z.string(), title: z.string() }))

/** The uids of the boards that carry a tag. @throws ObservatoryError */
export async function listBoards(grafana: Grafana, tag: string): Promise<readonly string[]> {
	const answer = await grafana.ask("GET", `/api/search?type=dash-db&limit=1000&tag=${encodeURIComponent(tag)}`)
	return found.parse(answer).map(({ uid }) => uid)
}

/** A board by its uid, the panels of collapsed rows included. @throws ObservatoryError `not_found` */
export async function readBoard(grafana: Grafana, uid: string): Promise<StoredBoard> {
	const answer = await grafana.ask("GET", `/api/dashboards/uid/${encodeURIComponent(uid)}`)
	const parsed = z.looseObject({ dashboard }).safeParse(answer)
	if (!parsed.success) {
		throw new ObservatoryError("source_malformed", `Grafana's board ${uid} cannot be read: ${parsed.error.message}`)
	}
	const { title, time, templating, panels } = parsed.data.dashboard
	const within = panels
		.flatMap((each) => (each.type === "row" ? (each.panels ?? []) : []))
		.map((each) => panel.parse(each))
	const beside = panels.filter((each) => each.type !== "row").map((each) => panel.parse(each))
	return {
		uid,
		title,
		from: time.from,
		to: time.to,
		variables: Object.fromEntries(
			templating.list.map(({ name, current }) => [name, [current?.value ?? ""].flat().join(",")]),
		),
		panels: [...beside, ...within],
		collapsed: within.map(({ id }) => id),
	}
}
