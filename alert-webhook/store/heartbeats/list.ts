import { desc } from "drizzle-orm"
import { heartbeats } from "../../../core/db/schema/index.ts"
import type { Context } from "../../context.ts"

/** Heartbeats, the latest first. */
export const listHeartbeats = ({ db }: Pick<Context, "db">) =>
	db.select().from(heartbeats).orderBy(desc(heartbeats.receivedAt)).limit(10)
