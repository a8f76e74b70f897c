import type { FieldConfig, Mapping, Override, Panel, Thresholds } from "./model.ts"
import { formatValue } from "./units.ts"
import { safeRegex } from "./variables.ts"

/** A field as overrides match it: the query that it is of, and its name. */
export interface FieldName {
	readonly refId: string
	readonly name: string
}

/** How a field of a panel is shown: the defaults with the overrides that match it, in their order. */
export function configOf({ fieldConfig: { defaults, overrides } }: Panel, field: FieldName): FieldConfig {
	return overrides.filter((one) => matches(one, field)).reduce(applied, defaults)
}

function matches({ matcher: { id, options } }: Override, { refId, name }: FieldName): boolean {
	if (typeof options !== "string") return false
	if (id === "byFrameRefID") return options === refId
	if (id === "byName") return options === name
	if (id !== "byRegexp") return false
	const bare = /^\/(.*)\/\w*$/s.exec(options)?.[1] ?? options
	return safeRegex(bare)?.test(name) ?? false
}

function applied(config: FieldConfig, { properties }: Override): FieldConfig {
	let made: Record<string, unknown> = config
	for (const { id, value } of properties) {
		const [first = "", second] = id.split(".")
		made =
			second === undefined
				? { ...made, [first]: value }
				: { ...made, [first]: { ...(made[first] as object | undefined), [second]: value } }
	}
	return made as FieldConfig
}

/** The colour of a value by its thresholds; undefined without any. Percentages are of the range from min to max. */
export function thresholdColour(value: number, { thresholds, min, max }: FieldConfig): string | undefined {
	if (!thresholds) return undefined
	const steps = [...thresholds.steps].sort((a, b) => lowest(a) - lowest(b))
	const [low, high] = [min ?? 0, max ?? 100]
	const at = thresholds.mode === "percentage" ? ((value - low) / (high - low)) * 100 : value
	return steps.findLast((step) => at >= lowest(step))?.color
}

const lowest = ({ value }: Thresholds["steps"][number]) => value ?? Number.NEGATIVE_INFINITY

/** A value in words, with its colour where a mapping or a threshold names one. */
export interface Shown {
	readonly text: string
	readonly color: string | undefined
	/** No value at all. */
	readonly empty: boolean
}

/** A value as the field's configuration shows it. `now` is for ages, in milliseconds. */
export function shownValue(value: unknown, config: FieldConfig, now: number): Shown {
	const missing = value === null || value === undefined || (typeof value === "number" && Number.isNaN(value))
	const mapped = (config.mappings ?? []).map((one) => mappedBy(one, value, missing)).find((look) => look !== undefined)
	if (missing) return { text: mapped?.text ?? config.noValue ?? "No data", color: mapped?.color ?? "text", empty: true }
	const number = typeof value === "number" ? value : Number.NaN
	const color = mapped?.color ?? (Number.isNaN(number) ? undefined : colourOf(number, config))
	return { text: mapped?.text ?? textOf(value, config, now), color, empty: false }
}

const colourOf = (value: number, config: FieldConfig) =>
	config.color?.mode === "fixed" ? config.color.fixedColor : thresholdColour(value, config)

function textOf(value: unknown, { unit, decimals }: FieldConfig, now: number): string {
	if (value instanceof Date)
		return unit === "dateTimeFromNow" ? age(now - value.getTime()) : formatValue(value.getTime(), "dateTimeAsIso")
	if (typeof value === "number")
		return unit === "dateTimeFromNow" ? age(now - value) : formatValue(value, unit, decimals)
	return typeof value === "object" ? JSON.stringify(value) : String(value)
}

function age(ms: number): string {
	const text = formatValue(Math.abs(ms) / 1_000, "s", 0)
	return ms >= 0 ? `${text} ago` : `in ${text}`
}

function mappedBy(mapping: Mapping, value: unknown, missing: boolean) {
	if (mapping.type === "special") {
		const { match, result } = mapping.options
		if (missing) return match === "null" || match === "null+nan" || match === "empty" ? result : undefined
		return (match === "true" || match === "false") && String(value) === match ? result : undefined
	}
	if (missing) return undefined
	if (mapping.type === "value") return mapping.options[String(value)]
	if (mapping.type === "regex")
		return safeRegex(mapping.options.pattern)?.test(String(value)) ? mapping.options.result : undefined
	const { from, to, result } = mapping.options
	const inside = typeof value === "number" && value >= (from ?? -Infinity) && value <= (to ?? Infinity)
	return inside ? result : undefined
}
