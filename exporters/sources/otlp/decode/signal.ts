import type { Signal } from "./units.ts"
import { eachField, FIXED64, isMessage, passOver, type Range, type Reader } from "./wire.ts"

/** Fields of Metric that hold points. */
const DATA = [5, 7, 9, 10, 11]

/**
 * Of which signal a record is. The requests of all three have one shape, so only their records differ: a log record has
 * its time in field 1, a span its times in 7 and 8 or two ids in 1 and 2, a metric its name in 1 and no time.
 * Undefined when that leaves a doubt.
 */
export function signalOf(reader: Reader, { start, end }: Range): Signal | undefined {
	const times = new Set<number>()
	/** Lengths by field. */
	const messages = new Map<number, number>()
	reader.pos = start
	try {
		eachField(reader, end, (number, wire) => {
			if (wire === FIXED64) times.add(number)
			if (!isMessage(wire)) return false
			const range = passOver(reader, wire, end)
			messages.set(number, range.end - range.start)
			return true
		})
	} catch {
		return undefined
	}
	if (times.has(1) || times.has(11)) return "logs"
	if (times.has(7) || times.has(8)) return "traces"
	const hasIds = messages.get(1) === 16 && messages.get(2) === 8
	return times.size === 0 && messages.has(1) && !hasIds && DATA.some((field) => messages.has(field))
		? "metrics"
		: undefined
}
