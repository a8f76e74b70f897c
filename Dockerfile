# One image for the exporters and the webhook; docker-compose.yml says which of them a container runs.
FROM node:22.22.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY core core
COPY exporters exporters
COPY alert-webhook alert-webhook
COPY stack stack
COPY docs/runbooks docs/runbooks
COPY grafana/dashboards grafana/dashboards
# Optional goes too: typescript is an optional peer of a package that stays.
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:22.22.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# A new volume takes the owner of the folder that it is mounted on.
RUN install -d -o node -g node /web-config
USER node
EXPOSE 9464 4318 9099
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
	CMD ["node", "dist/stack/compose/healthcheck/main.js"]
CMD ["node", "dist/exporters/main.js"]
