import { explain, ObservatoryError } from "../../core/lib/errors.ts"
import { apply, type Change, reversed } from "./files.ts"
import { type Expected, reload, type Servers } from "./reload.ts"

/** Reloads both servers; when one refuses, the files go back to what they were and are loaded again. */
export async function deploy(
	servers: Servers,
	directory: string,
	list: readonly Change[],
	expected: Expected,
): Promise<string> {
	try {
		await reload(servers, expected)
		return `Live: Prometheus at ${servers.prometheus.url} and Alertmanager at ${servers.alertmanager.url} have loaded it.`
	} catch (error) {
		apply(directory, reversed(list))
		const again = await reload(servers, { alerts: [], receivers: [] }).then(
			() => "The files are as they were before, and loaded.",
			(second: unknown) => `The files are as they were before, but could not be loaded again: ${explain(second)}`,
		)
		throw new ObservatoryError("source_rejected", "The result was not put live", {
			cause: error,
			advice: `${error instanceof ObservatoryError && error.advice ? `${error.advice} ` : ""}${again}`,
		})
	}
}
