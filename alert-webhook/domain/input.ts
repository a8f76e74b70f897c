import { z } from "zod"
import { isStorable } from "./text.ts"

/** A moment of a query string, within the years that PostgreSQL and ISO 8601 write alike. */
export const moment = z.iso
	.datetime({ offset: true })
	.refine((text) => isStorable(new Date(text)), "expected a time in the years 1 to 9999")

/** A time with its zone, or as a form's field sends it, which is then UTC. */
export const instant = z
	.string()
	.transform((text) => text.replace(/(T\d\d:\d\d)(?=Z|[+-]|$)/, "$1:00").replace(/(T[\d:.]+)$/, "$1Z"))
	.pipe(z.iso.datetime({ offset: true, error: "expected a time such as 2026-11-23T22:00Z" }))
	.transform((text) => new Date(text))
	.refine((time) => isStorable(time), "expected a time in the years 1 to 9999")

/** A whole number of a query string, a form or JSON. */
export function wholeNumber(least: number, most: number) {
	const error = `expected a whole number from ${least} to ${most}`
	return z.coerce.number({ error }).int(error).min(least, error).max(most, error)
}

/** The row before the first of the page. */
export const cursor = wholeNumber(1, 999_999_999_999_999).optional()

/** A row, in a path or a form. */
export const identifier = z
	.string()
	.regex(/^[1-9]\d{0,14}$/, "expected a positive whole number")
	.transform(Number)
