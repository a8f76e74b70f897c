import { type Database, databaseError } from "../../../core/db/client.ts"
import { events } from "../../../core/db/schema/index.ts"

/**
 * Records that a person lifted the emergency stop.
 *
 * @throws ObservatoryError `database_unreachable`
 */
export async function releaseStop(db: Database): Promise<void> {
	try {
		await db.insert(events).values({ type: "emergency_stop_released", details: { source: "demo", by: "demo command" } })
	} catch (error) {
		throw databaseError(error, "Releasing the emergency stop")
	}
}
