# One image for the exporters and the webhook; docker-compose.yml says which of them a container runs.
FROM node:22.22.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY core core
COPY exporters exporters
COPY alert-webhook alert-webhook
COPY grafana grafana
COPY prometheus prometheus
COPY alertmanager alertmanager
COPY stack stack
COPY demo demo
# The PostgreSQL that npm brings is an optional package, for local runs only.
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:22.22.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# What is not compiled is looked for beside the sources.
COPY core/db/migrations core/db/migrations
COPY alert-webhook/web/console/kit/static alert-webhook/web/console/kit/static
COPY alert-webhook/domain/escalation/policies.yaml alert-webhook/domain/escalation/policies.yaml
COPY alert-webhook/workflows/gate/hook.mjs alert-webhook/workflows/gate/hook.mjs
COPY docs/runbooks docs/runbooks
USER node
EXPOSE 9464 4318 9099
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
	CMD ["node", "dist/stack/compose/healthcheck/main.js"]
CMD ["node", "dist/exporters/main.js"]
