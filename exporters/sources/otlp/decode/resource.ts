import type { AttributeValue, Sender } from "../interpret/model.ts"

/** A resource, as far as series are made of its records. */
export interface Resource extends Sender {
	/** Distinguishes resources; equal for equal ones. */
	readonly key: string
	readonly attributes: ReadonlyMap<string, AttributeValue>
}

const textOf = (value: AttributeValue | undefined): string => (value === undefined ? "" : String(value))

export const resourceOf = (attributes: ReadonlyMap<string, AttributeValue>): Resource => ({
	key: JSON.stringify([...attributes].sort(([a], [b]) => (a < b ? -1 : 1))),
	service: textOf(attributes.get("service.name")),
	instance: textOf(attributes.get("service.instance.id")),
	attributes,
})

/** Calls `read` at most once; what it throws is thrown each time. */
export function once<T>(read: () => T): () => T {
	let result: { readonly value: T } | { readonly error: unknown } | undefined
	return () => {
		if (result === undefined) {
			try {
				result = { value: read() }
			} catch (error) {
				result = { error }
			}
		}
		if ("error" in result) throw result.error
		return result.value
	}
}

const UNKNOWN: Sender = { service: "", instance: "" }

/** Who sends a span or log record. Most series need no sender, so a malformed resource makes none of them malformed. */
export function senderOf(resource: () => Resource): Sender {
	try {
		const { service, instance } = resource()
		return { service, instance }
	} catch {
		return UNKNOWN
	}
}
