import { z } from "zod"
import { type Endpoint, headersOf } from "../../core/clients/endpoint.ts"
import { request, requestJson } from "../../core/clients/request.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"

/** Alertmanager's v2 API at one endpoint. Paths are those below `/api/v2/`. */
export interface AlertmanagerApi {
	/** A list, such as of `alerts`. @throws ObservatoryError, `source_malformed` when it has another shape */
	list<T>(path: string, item: z.ZodType<T>): Promise<readonly T[]>
	/** Another answer, such as `status`. @throws ObservatoryError, `source_malformed` when it has another shape */
	read<T>(path: string, schema: z.ZodType<T>): Promise<T>
	/** @throws ObservatoryError */
	send(method: "POST" | "DELETE", path: string, body?: unknown): Promise<void>
}

export function alertmanagerApi(endpoint: Endpoint): AlertmanagerApi {
	const headers = headersOf(endpoint)
	const urlOf = (path: string) => `${endpoint.url}/api/v2/${path}`
	const read = async <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
		const parsed = schema.safeParse(await requestJson("Alertmanager", urlOf(path), { headers }))
		if (parsed.success) return parsed.data
		throw new ObservatoryError("source_malformed", `Alertmanager's ${path} does not match its v2 API`, {
			cause: parsed.error,
		})
	}
	return {
		list: (path, item) => read(path, z.array(item)),
		read,
		async send(method, path, body) {
			const json = body === undefined ? {} : { body: JSON.stringify(body) }
			const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" }
			await request("Alertmanager", urlOf(path), { method, headers: { ...headers, ...type }, ...json })
		},
	}
}
