import type { WriteStream } from "node:tty"
import type { PartStatus } from "../parts/part.ts"
import { coloured, plain } from "./paint.ts"
import { changeLine, renderScreen } from "./render.ts"
import type { View } from "./view.ts"

/** Shows the state of the run. */
export interface Display {
	/** Called after every change and once a second. */
	show(view: View): void
	/** Called after every change, with the changed part. */
	changed(status: PartStatus): void
	/** Called once, when everything has settled for the first time. */
	summary(view: View): void
	/** Called once, when everything has stopped. */
	final(view: View, sentence: string): void
}

/** Rewrites lines in place, without an alternate screen, so that a kill leaves the terminal usable. */
export function liveDisplay(out: WriteStream, colours: boolean): Display {
	const paint = colours ? coloured : plain
	let drawn: string[] = []
	out.on("resize", () => {
		// Lines may have been wrapped again, so moving up by their number would miss the first one.
		out.write("\u001b[2J\u001b[H")
		drawn = []
	})
	const draw = (view: View) => {
		const lines = renderScreen(view, paint, out.columns || 80).slice(0, Math.max(1, (out.rows || 24) - 1))
		if (lines.join("\n") === drawn.join("\n")) return
		const back = drawn.length > 0 ? `\u001b[${drawn.length}A\r\u001b[J` : ""
		out.write(`${back}${lines.join("\n")}\n`)
		drawn = lines
	}
	return {
		show: draw,
		changed: () => undefined,
		summary: draw,
		final(view, sentence) {
			draw(view)
			out.write(`${sentence}\n`)
		},
	}
}

/** A plain line for each change, and one summary. */
export function plainDisplay(out: { write(text: string): unknown }): Display {
	let last = ""
	return {
		show: () => undefined,
		changed(status) {
			const line = changeLine(status)
			if (line !== last) out.write(`${line}\n`)
			last = line
		},
		summary: (view) => void out.write(`\n${renderScreen(view, plain, Number.POSITIVE_INFINITY).join("\n")}\n`),
		final: (_, sentence) => void out.write(`${sentence}\n`),
	}
}
