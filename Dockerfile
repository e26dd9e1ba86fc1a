# One image for every process: the services and the jobs before them. What runs is chosen in compose.yaml.

FROM node:24-slim AS base
ENV NPM_CONFIG_UPDATE_NOTIFIER=false
WORKDIR /parvis

# What npm reads and nothing else, so that a change of code does not install anew.
FROM base AS manifests
COPY . .
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc -delete

FROM base AS page
COPY --from=manifests /parvis .
# With the optional packages: Vite's own programs are among them.
RUN --mount=type=cache,target=/root/.npm npm ci --workspace apps/web --loglevel=error
COPY libs/contracts libs/contracts
COPY apps/web apps/web
COPY tsconfig.base.json .
RUN npm run build --workspace apps/web

FROM base AS modules
COPY --from=manifests /parvis .
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --loglevel=error \
  --workspace apps/gateway --workspace apps/post-worker --workspace apps/db-writer --workspace apps/cache-worker \
  --workspace infra/rabbitmq --workspace tools/stack

FROM base
ENV NODE_ENV=production
# Sources run as they are, so nothing is built but the page.
COPY --from=modules /parvis .
COPY . .
COPY --from=page /parvis/apps/web/dist apps/web/dist
USER node
# No command by default: compose.yaml names one for each process, with the settings it may see.
CMD ["node", "--version"]
