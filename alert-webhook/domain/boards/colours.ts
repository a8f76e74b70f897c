/** Grafana's named colours. */
const HUES: Readonly<
	Record<string, readonly [superLight: string, light: string, own: string, semiDark: string, dark: string]>
> = {
	red: ["#ffa6b0", "#ff7383", "#f2495c", "#e02f44", "#c4162a"],
	orange: ["#ffcb7d", "#ffb357", "#ff9830", "#ff780a", "#fa6400"],
	yellow: ["#fff899", "#ffee52", "#fade2a", "#f2cc0c", "#e0b400"],
	green: ["#c8f2c2", "#96d98d", "#73bf69", "#56a64b", "#37872d"],
	blue: ["#c0d8ff", "#8ab8ff", "#5794f2", "#3274d9", "#1f60c4"],
	purple: ["#deb6f2", "#ca95e5", "#b877d9", "#a352cc", "#8f3bb8"],
}

const SHADES = ["super-light-", "light-", "", "semi-dark-", "dark-"]

const NAMED = new Map(
	Object.entries(HUES).flatMap(([hue, shades]) => shades.map((hex, i) => [`${SHADES[i]}${hue}`, hex] as const)),
)

/** Colours of series, in their order. */
const PALETTE = [
	"#73bf69",
	"#f2cc0c",
	"#8ab8ff",
	"#ff780a",
	"#f2495c",
	"#5794f2",
	"#b877d9",
	"#705da0",
	"#37872d",
	"#fade2a",
	"#447ebc",
	"#c15c17",
	"#890f02",
	"#0a437c",
	"#6d1f62",
	"#584477",
]

export const seriesColour = (index: number): string => PALETTE[index % PALETTE.length] ?? "#5794f2"

const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i
const RGB = /^rgba?\([\d\s.,%]+\)$/i

/** A colour of a board as CSS: a named one, or one in hexadecimal or rgb(); undefined for the colour of text and unknown names. */
export function cssColour(name: string | undefined): string | undefined {
	if (name === undefined) return undefined
	const named = NAMED.get(name)
	if (named !== undefined) return named
	return HEX.test(name) || RGB.test(name) ? name.toLowerCase() : undefined
}

/** Readable text on a colour: white, or near black on a light one. */
export function inkOn(colour: string): "#ffffff" | "#1d2126" {
	const hex = /^#([0-9a-f]{6})/i.exec(colour)?.[1]
	if (hex === undefined) return "#ffffff"
	const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))
	return red * 0.299 + green * 0.587 + blue * 0.114 > 165 ? "#1d2126" : "#ffffff"
}
