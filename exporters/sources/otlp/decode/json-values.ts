import type { AttributeValue } from "../interpret/model.ts"

/** What a field of OTLP's JSON encoding may be. */
export type Json = Readonly<Record<string, unknown>>

export const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value)

/** Null is absent, as protobuf's JSON mapping has it. */
export const isAbsent = (value: unknown): value is null | undefined => value === undefined || value === null

/** A message; an empty one when it is absent. @throws TypeError for anything else */
export function object(value: unknown): Json {
	if (isAbsent(value)) return {}
	if (!isObject(value)) throw new TypeError(`an object was expected, not ${JSON.stringify(value)}`)
	return value
}

/** A list; an empty one when it is absent. @throws TypeError for anything else */
export function list(value: unknown): readonly unknown[] {
	if (isAbsent(value)) return []
	if (!Array.isArray(value)) throw new TypeError(`a list was expected, not ${JSON.stringify(value)}`)
	return value
}

/** @throws TypeError for what is no text */
export function text(value: unknown): string {
	if (isAbsent(value)) return ""
	if (typeof value !== "string") throw new TypeError(`a text was expected, not ${JSON.stringify(value)}`)
	return value
}

/** @throws TypeError for what is neither true nor false */
export function bool(value: unknown): boolean {
	if (isAbsent(value)) return false
	if (typeof value !== "boolean") throw new TypeError(`true or false was expected, not ${JSON.stringify(value)}`)
	return value
}

const INT32 = { least: -(2n ** 31n), most: 2n ** 31n - 1n }
export const UINT32 = { least: 0n, most: 2n ** 32n - 1n }
export const INT64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n }
export const UINT64 = { least: 0n, most: 2n ** 64n - 1n }

/** A whole number, as text or number; 0 for what is absent. @throws TypeError for anything else, or out of range */
export function integer(value: unknown, { least, most }: { readonly least: bigint; readonly most: bigint }): bigint {
	if (isAbsent(value)) return 0n
	const whole =
		typeof value === "number" ? Number.isInteger(value) : typeof value === "string" && /^-?\d{1,20}$/.test(value)
	const exact = whole ? BigInt(value as number | string) : undefined
	// The largest of 64 bits is no double; as one it is one more.
	const result = typeof value === "number" && exact === most + 1n ? most : exact
	if (result === undefined || result < least || result > most)
		throw new TypeError(`a whole number from ${least} to ${most} was expected, not ${JSON.stringify(value)}`)
	return result
}

export const int32 = (value: unknown): number => Number(integer(value, INT32))

const SPECIAL = new Set(["NaN", "Infinity", "-Infinity"])

/** A double, which may be no number or infinite; 0 for what is absent. @throws TypeError for anything else */
export function double(value: unknown): number {
	if (isAbsent(value)) return 0
	if (typeof value === "number") return value
	if (typeof value === "string" && (SPECIAL.has(value) || /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)))
		return Number(value)
	throw new TypeError(`a number was expected, not ${JSON.stringify(value)}`)
}

export const nanos = (value: unknown): bigint => integer(value, UINT64)
export const seconds = (value: unknown): number => Number(nanos(value)) / 1e9

export function readAttributes(from: unknown, wanted?: ReadonlySet<string>): Map<string, AttributeValue> {
	const attributes = new Map<string, AttributeValue>()
	for (const item of list(from)) {
		if (!isObject(item)) throw new TypeError(`an attribute was expected, not ${JSON.stringify(item)}`)
		const key = text(item.key)
		const value = object(item.value)
		if (wanted && !wanted.has(key)) continue
		const read = anyValue(value)
		if (read !== undefined) attributes.set(key, read)
	}
	return attributes
}

/** The last member that is there, as in protobuf; undefined for lists, maps and bytes. */
export function anyValue(members: Json): AttributeValue | undefined {
	let result: AttributeValue | undefined
	for (const [member, value] of Object.entries(members)) {
		if (isAbsent(value)) continue
		if (member === "stringValue") result = text(value)
		else if (member === "boolValue") result = bool(value)
		else if (member === "intValue") result = Number(integer(value, INT64))
		else if (member === "doubleValue") result = double(value)
	}
	return result
}
