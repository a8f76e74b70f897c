import type pg from "pg"
import { createPool } from "../../../core/db/client.ts"
import { Calls } from "./calls.ts"
import { type Outside, startOutside } from "./outside.ts"
import { Replica } from "./replica.ts"
import { Acknowledged } from "./sender.ts"
import { type Random, seeded } from "./stories.ts"

/** Two replicas on one database, everything that they reach, and what they have promised so far. */
export interface Scene {
	readonly pool: pg.Pool
	readonly outside: Outside
	readonly replicas: readonly Replica[]
	readonly urls: readonly string[]
	readonly random: Random
	/** Notifications that were answered with 200. */
	readonly acknowledged: Acknowledged
	/** When an acknowledgement was answered with success, by the incident's id. Milliseconds since the epoch. */
	readonly acknowledgedIncidents: Map<number, number>
	/** When closing an incident was answered with success, by its id. */
	readonly closed: Map<number, number>
	/** Decisions that were answered with success, by the id of the remediation. */
	readonly decided: Map<number, "approve" | "refuse">
	/** Calls that need a person. */
	readonly calls: Calls
	close(): Promise<void>
}

/** Sets it up, with both replicas running. */
export async function openScene(databaseUrl: string, seed: number): Promise<Scene> {
	const random = seeded(seed)
	const pool = createPool(databaseUrl, { applicationName: "kill loop", max: 5 })
	const outside = await startOutside(databaseUrl, random)
	const replicas = [await Replica.create(outside.env), await Replica.create(outside.env)]
	const close = async () => {
		for (const replica of replicas) await replica.remove()
		await outside.stop()
		await pool.end()
	}
	try {
		for (const replica of replicas) {
			replica.start()
			await replica.ready()
		}
	} catch (error) {
		await close()
		throw error
	}
	const urls = replicas.map(({ url }) => url)
	const promised = {
		acknowledged: new Acknowledged(),
		acknowledgedIncidents: new Map(),
		closed: new Map(),
		decided: new Map(),
		calls: new Calls(),
	}
	return { pool, outside, replicas, urls, random, ...promised, close }
}
