import protobuf from "protobufjs/minimal.js"
import type { AttributeValue } from "../interpret/model.ts"

/*
 * Field numbers of opentelemetry-proto 1.x (common/v1, resource/v1). They never change within version 1, so the few
 * messages that matter are read by number, and everything else is skipped over without being built.
 */

export type Reader = protobuf.Reader
export const readerOf = (bytes: Uint8Array): Reader => protobuf.Reader.create(bytes)

/** Where a message lies in its body. */
export interface Range {
	readonly start: number
	readonly end: number
}

const LENGTH_DELIMITED = 2

/** Calls `field` for each field up to `end`; what it does not consume (returns false) is skipped. */
export function eachField(reader: Reader, end: number, field: (number: number, wire: number) => boolean): void {
	while (reader.pos < end) {
		const tag = reader.uint32()
		if (tag >>> 3 === 0) throw new RangeError("field number 0")
		if (!field(tag >>> 3, tag & 7)) reader.skipType(tag & 7)
	}
	if (reader.pos !== end) throw new RangeError("a field runs over the end of its message")
}

/** Enters a nested message: gives where it ends. */
export function enter(reader: Reader, wire: number, limit: number): number {
	if (wire !== LENGTH_DELIMITED) throw new RangeError("a message was expected")
	const length = reader.uint32()
	const end = reader.pos + length
	if (end > limit) throw new RangeError("a message runs over the end of the one around it")
	return end
}

/** Passes over a nested message and gives its place. */
export function passOver(reader: Reader, wire: number, limit: number): Range {
	const end = enter(reader, wire, limit)
	const start = reader.pos
	reader.pos = end
	return { start, end }
}

/** KeyValue {1: key, 2: value}, put into `into` when the key is wanted and the value is a scalar. */
export function readAttribute(
	reader: Reader,
	end: number,
	into: Map<string, AttributeValue>,
	wanted?: ReadonlySet<string>,
): void {
	let key = ""
	eachField(reader, end, (number, wire) => {
		if (number === 1) key = reader.string()
		else if (number === 2 && (wanted === undefined || wanted.has(key))) {
			const value = readAnyValue(reader, enter(reader, wire, end))
			if (value !== undefined) into.set(key, value)
		} else return false
		return true
	})
}

/** AnyValue {1: string, 2: bool, 3: int64, 4: double}; undefined for lists, maps and bytes. */
export function readAnyValue(reader: Reader, end: number): AttributeValue | undefined {
	let value: AttributeValue | undefined
	eachField(reader, end, (number) => {
		if (number === 1) value = reader.string()
		else if (number === 2) value = reader.bool()
		else if (number === 3) value = Number(reader.int64())
		else if (number === 4) value = reader.double()
		else return false
		return true
	})
	return value
}

/** A fixed64 as a number of nanoseconds, split so that differences stay exact to the nanosecond. */
export function readNanos(reader: Reader): { readonly high: number; readonly low: number } {
	const low = reader.fixed32()
	return { low, high: reader.fixed32() }
}

export const secondsBetween = (from: { high: number; low: number }, to: { high: number; low: number }): number =>
	((to.high - from.high) * 2 ** 32 + (to.low - from.low)) / 1e9

export const seconds = ({ high, low }: { high: number; low: number }): number => (high * 2 ** 32 + low) / 1e9
