import { BarChart, CustomChart, GaugeChart, HeatmapChart, LineChart } from "echarts/charts"
import { GridComponent, LegendComponent, MarkLineComponent, VisualMapComponent } from "echarts/components"
import { type EChartsCoreOption, init, setPlatformAPI, use } from "echarts/core"
import { SVGRenderer } from "echarts/renderers"
import { escapeText } from "../kit/html.ts"

use([
	BarChart,
	CustomChart,
	GaugeChart,
	HeatmapChart,
	LineChart,
	GridComponent,
	LegendComponent,
	MarkLineComponent,
	VisualMapComponent,
	SVGRenderer,
])

// There is no font on the server: widths are estimated, for a wide font, so that no text runs into the next.
setPlatformAPI({
	measureText: (text, font = "12px") => {
		const size = Number(/(\d+(?:\.\d+)?)px/.exec(font)?.[1] ?? 12)
		return { width: [...text].reduce((sum, letter) => sum + widthOf(letter), 0) * size }
	},
})

const widthOf = (letter: string) =>
	/[ijl.,:;'|!()[\]]/.test(letter) ? 0.38 : /[mwMW@%—]/.test(letter) ? 0.95 : /[A-Z_]/.test(letter) ? 0.7 : 0.62

export interface Size {
	readonly width: number
	readonly height: number
}

/** Colours that follow the reader's theme. ECharts wants real colours, so these are replaced with variables of the picture. */
export const INK = "#0a0b0c"
export const SOFT = "#0d0e0f"
export const LINE = "#101112"
export const SHEET = "#131415"

const VARIABLES: Readonly<Record<string, string>> = {
	[INK]: "var(--ink)",
	[SOFT]: "var(--soft)",
	[LINE]: "var(--line)",
	[SHEET]: "var(--sheet)",
}

/** What ECharts adds for its script in a browser. */
const FOR_SCRIPTS = /<style\s*><!\[CDATA\[.*?\]\]>\s*<\/style>| ecmeta_\w+="[^"]*"| class="zr[\w-]+"/gs

const THEME = `<style>:root{--ink:#1d2126;--soft:#5c646e;--line:#e2e0da;--sheet:#fff}@media(prefers-color-scheme:dark){:root{--ink:#e7e9ec;--soft:#9aa3ad;--line:#2c323a;--sheet:#1b1f24}}</style>`

// ECharts inserts it into an attribute as it is.
const FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif"

/** A chart as SVG. Drawn on the server: the picture needs no script. `label` is its text for screen readers. */
export function drawSvg(option: EChartsCoreOption, { width, height }: Size, label: string): string {
	const chart = init(null, null, { renderer: "svg", ssr: true, width, height })
	try {
		chart.setOption({ animation: false, useUTC: true, textStyle: { fontFamily: FONT, color: INK }, ...option })
		const svg = chart.renderToSVGString().replace(FOR_SCRIPTS, "")
		const themed = svg.replace(/#(?:0a0b0c|0d0e0f|101112|131415)\b/g, (colour) => VARIABLES[colour] ?? colour)
		return themed.replace(/^(<svg[^>]*>)/, `$1<title>${escapeText(label)}</title>${THEME}`)
	} finally {
		chart.dispose()
	}
}

/** A picture with words only. */
export function wordsSvg(text: string, { width, height }: Size): string {
	const lines = wrap(text, Math.max(12, Math.floor(width / 7.5)))
	const spans = lines.map(
		(line, i) =>
			`<text x="${width / 2}" y="${height / 2 + (i - (lines.length - 1) / 2) * 20}" text-anchor="middle" font-size="14" font-family="sans-serif" fill="var(--soft)">${escapeText(line)}</text>`,
	)
	return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${THEME}${spans.join("")}</svg>`
}

function wrap(text: string, columns: number): string[] {
	const lines = [""]
	for (const word of text.split(/\s+/)) {
		const line = lines.at(-1) ?? ""
		if (line !== "" && line.length + word.length >= columns) lines.push(word)
		else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
	}
	return lines
}
