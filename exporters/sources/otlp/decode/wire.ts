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

/** How a field's value is laid out. */
export const VARINT = 0
export const FIXED64 = 1
const LENGTH_DELIMITED = 2

/** @throws RangeError when a field is not laid out as its type is */
function expectWire(wire: number, expected: number): void {
	if (wire !== expected) throw new RangeError(`wire type ${expected} was expected, not ${wire}`)
}

export function readString(reader: Reader, wire: number): string {
	expectWire(wire, LENGTH_DELIMITED)
	return reader.string()
}

export function readBool(reader: Reader, wire: number): boolean {
	expectWire(wire, VARINT)
	return reader.bool()
}

export function readInt32(reader: Reader, wire: number): number {
	expectWire(wire, VARINT)
	return reader.int32()
}

export function readSint32(reader: Reader, wire: number): number {
	expectWire(wire, VARINT)
	return reader.sint32()
}

export function readDouble(reader: Reader, wire: number): number {
	expectWire(wire, FIXED64)
	return reader.double()
}

/** A fixed64, which is not negative. */
export function readFixed64(reader: Reader, wire: number): number {
	expectWire(wire, FIXED64)
	return Number(reader.fixed64())
}

export function readSfixed64(reader: Reader, wire: number): number {
	expectWire(wire, FIXED64)
	return Number(reader.sfixed64())
}

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
	expectWire(wire, LENGTH_DELIMITED)
	const length = reader.uint32()
	const end = reader.pos + length
	if (end > limit) throw new RangeError("a message runs over the end of the one around it")
	return end
}

export const isMessage = (wire: number): boolean => wire === LENGTH_DELIMITED

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
	let range: Range | undefined
	eachField(reader, end, (number, wire) => {
		if (number === 1) key = readString(reader, wire)
		else if (number === 2) range = passOver(reader, wire, end)
		else return false
		return true
	})
	if (range === undefined || (wanted !== undefined && !wanted.has(key))) return
	reader.pos = range.start
	const value = readAnyValue(reader, range.end)
	if (value !== undefined) into.set(key, value)
	reader.pos = end
}

/** AnyValue {1: string, 2: bool, 3: int64, 4: double}; undefined for lists, maps and bytes. */
export function readAnyValue(reader: Reader, end: number): AttributeValue | undefined {
	let value: AttributeValue | undefined
	eachField(reader, end, (number, wire) => {
		if (number === 1) value = readString(reader, wire)
		else if (number === 2) value = readBool(reader, wire)
		else if (number === 3) {
			expectWire(wire, VARINT)
			value = Number(reader.int64())
		} else if (number === 4) value = readDouble(reader, wire)
		else return false
		return true
	})
	return value
}

/** A fixed64 as a number of nanoseconds, split so that differences stay exact to the nanosecond. */
export interface Nanos {
	readonly high: number
	readonly low: number
}

export const NO_TIME: Nanos = { high: 0, low: 0 }

export function readNanos(reader: Reader, wire: number): Nanos {
	expectWire(wire, FIXED64)
	const low = reader.fixed32()
	return { low, high: reader.fixed32() }
}

export const isTime = ({ high, low }: Nanos): boolean => high !== 0 || low !== 0

export const secondsBetween = (from: Nanos, to: Nanos): number =>
	((to.high - from.high) * 2 ** 32 + (to.low - from.low)) / 1e9

export const seconds = ({ high, low }: Nanos): number => (high * 2 ** 32 + low) / 1e9
