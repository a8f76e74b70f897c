/** A value of JSON whose form is not known. */
export type Json = unknown
export type JsonObject = Readonly<Record<string, Json>>

/** A panel in a form that the v1 and the v2 format have in common. */
export interface SharedPanel {
	readonly id: number
	readonly title: string
	readonly description: string
	/** Grafana's name of the visualisation. */
	readonly type: string
	/** Undefined where a layout of v2 sizes the panels itself. */
	readonly size: { readonly x: number; readonly w: number; readonly h: number } | undefined
	readonly queries: readonly SharedQuery[]
	readonly transformations: readonly Json[]
	readonly links: readonly { readonly title: string; readonly url: string }[]
	readonly options: JsonObject
	/** Unit, decimals, noValue, thresholds, mappings, colour, and `custom` of the visualisation. */
	readonly defaults: JsonObject
	readonly overrides: readonly Json[]
}

export interface SharedQuery {
	readonly refId: string
	/** The data source's uid; undefined where an export leaves it open. */
	readonly dataSource: string | undefined
	readonly spec: JsonObject
}

/** A board with its panels in reading order. */
export interface SharedBoard {
	readonly uid: string
	readonly title: string
	readonly description: string
	readonly refresh: string
	readonly from: string
	readonly headings: readonly string[]
	/** Names of the variables. */
	readonly variables: readonly string[]
	readonly panels: readonly SharedPanel[]
}

export const isObject = (value: Json): value is JsonObject =>
	typeof value === "object" && value !== null && !Array.isArray(value)
export const objectOf = (value: Json): JsonObject => (isObject(value) ? value : {})
export const listOf = (value: Json): readonly Json[] => (Array.isArray(value) ? value : [])
export const textOf = (value: Json): string => (typeof value === "string" ? value : "")
export const numberOf = (value: Json): number => (typeof value === "number" ? value : 0)
/** The keys of `value` but the named ones. */
export const without = (value: JsonObject, ...names: readonly string[]): JsonObject =>
	Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)))

/** Exports for other Grafanas write `${DS_PROMETHEUS}` in place of a data source. */
export const dataSourceUid = (value: Json): string | undefined => {
	const uid = typeof value === "string" ? value : textOf(objectOf(value).uid) || textOf(objectOf(value).name)
	return uid === "" || uid.startsWith("$") ? undefined : uid
}
