export * from "./aggregates.ts"
export * from "./incidents.ts"
export * from "./namespace.ts"
export * from "./work.ts"
