/** A number for people, in one of Grafana's units. */
export function formatValue(value: number, unit = "none", decimals?: number | null): string {
	if (Number.isNaN(value)) return "NaN"
	if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞"
	if (unit.startsWith("suffix:")) return `${short(value, decimals)}${unit.slice(7)}`
	if (unit.startsWith("prefix:")) return `${unit.slice(7)}${short(value, decimals)}`
	const known = UNITS[unit]
	return known ? known(value, decimals) : plain(value, decimals)
}

type Format = (value: number, decimals?: number | null) => string

/** Digits as Grafana chooses them: enough to distinguish neighbours, few for large numbers. */
function plain(value: number, decimals?: number | null): string {
	if (value === 0) return "0"
	const digits = decimals ?? Math.max(0, Math.min(4, 2 - Math.floor(Math.log10(Math.abs(value)))))
	const text = value.toFixed(digits)
	return decimals === undefined || decimals === null ? text.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") : text
}

/** Scales by the largest step that fits. */
const scaled =
	(steps: readonly (readonly [size: number, name: string])[], gap: string): Format =>
	(value, decimals) => {
		const size = Math.abs(value)
		const [divisor, name] = steps.find(([least]) => size >= least) ?? steps.at(-1) ?? [1, ""]
		if (value === 0) return plain(0)
		// Whole numbers below the first step have no digits to fix.
		return `${plain(value / divisor, divisor === 1 && Number.isInteger(value) ? 0 : decimals)}${name && gap}${name}`
	}

const THOUSANDS: readonly (readonly [number, string])[] = [
	[1e12, "Tri"],
	[1e9, "Bil"],
	[1e6, "Mil"],
	[1e3, "K"],
	[1, ""],
]
/** The fixed digits of a small count would hide those of thousands. */
const short: Format = (value, decimals) =>
	Math.abs(value) >= 1_000
		? scaled(THOUSANDS, " ")(value, decimals === 0 ? undefined : decimals)
		: plain(value, decimals)

const TIME: readonly (readonly [number, string])[] = [
	[31_536_000, "years"],
	[604_800, "weeks"],
	[86_400, "days"],
	[3_600, "hours"],
	[60, "mins"],
	[1, "s"],
	[1e-3, "ms"],
	[1e-6, "µs"],
	[1e-9, "ns"],
]
const seconds = scaled(TIME, " ")
const bytes = scaled(
	[
		[1024 ** 4, "TiB"],
		[1024 ** 3, "GiB"],
		[1024 ** 2, "MiB"],
		[1024, "KiB"],
		[1, "B"],
	],
	" ",
)
const isoTime = (ms: number) => new Date(ms).toISOString().replace("T", " ").slice(0, 19)

/** All digits, in groups of three. */
const grouped: Format = (value, decimals) => value.toLocaleString("en-US", { maximumFractionDigits: decimals ?? 3 })

const UNITS: Readonly<Record<string, Format>> = {
	none: plain,
	short,
	locale: grouped,
	s: seconds,
	ms: (value, decimals) => seconds(value / 1_000, decimals),
	m: (value, decimals) => seconds(value * 60, decimals),
	h: (value, decimals) => seconds(value * 3_600, decimals),
	bytes,
	decbytes: bytes,
	percent: (value, decimals) => `${plain(value, decimals)}%`,
	percentunit: (value, decimals) => `${plain(value * 100, decimals)}%`,
	currencyUSD: (value, decimals) => `$${short(value, decimals)}`,
	reqps: (value, decimals) => `${short(value, decimals)} req/s`,
	ops: (value, decimals) => `${short(value, decimals)} ops/s`,
	dateTimeAsIso: isoTime,
	dateTimeAsIsoNoDateIfToday: isoTime,
}
