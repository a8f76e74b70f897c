import { pgSchema, timestamp } from "drizzle-orm/pg-core"

/** The schema of all tables of this project. */
export const observatory = pgSchema("observatory")

/** A point in time, always with its zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" })
