import { type Html, html } from "./html.ts"

/** A duration in its two largest units: `45 s`, `3 min`, `2 h 10 min`, `4 d 3 h`. */
export function span(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000))
	if (seconds < 60) return `${seconds} s`
	const minutes = Math.floor(seconds / 60)
	if (minutes < 60) return `${minutes} min`
	const hours = Math.floor(minutes / 60)
	if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`
	return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${Math.floor(hours / 24)} d`
}

/** `2026-11-23 08:32:45 UTC`. */
export const absolute = (at: Date): string =>
	at
		.toISOString()
		.replace("T", " ")
		.replace(/\.\d+Z$/, " UTC")

/** A time relative to now; the absolute one on hover. The page's script updates it. */
export function ago(at: Date, now: number): Html {
	return html`<time datetime="${at.toISOString()}" title="${absolute(at)}" data-form="ago">${span(now - at.getTime())} ago</time>`
}

/** The duration since a time; the page's script updates it. */
export function since(at: Date, now: number): Html {
	return html`<time datetime="${at.toISOString()}" title="since ${absolute(at)}" data-form="span">${span(now - at.getTime())}</time>`
}
