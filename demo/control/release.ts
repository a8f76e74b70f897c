import { type Database, databaseError } from "../../core/db/client.ts"
import { events } from "../../core/db/schema/index.ts"
import { ObservatoryError } from "../../core/lib/errors.ts"
import type { ControlReader } from "./control.ts"

/**
 * Records that a person lifted the emergency stop.
 *
 * @throws ObservatoryError `conflict` while a stop of alert-webhook is active, or `database_unreachable`
 */
export async function releaseStop(db: Database, control: ControlReader | undefined): Promise<void> {
	if ((await control?.read()) === "stop")
		throw new ObservatoryError("conflict", "alert-webhook has declared this emergency stop", {
			advice: "Release it on its console, under Response.",
		})
	try {
		await db.insert(events).values({ type: "emergency_stop_released", details: { source: "demo", by: "demo command" } })
	} catch (error) {
		throw databaseError(error, "Releasing the emergency stop")
	}
}
