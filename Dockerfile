# Two images from one file:
#   docker build --target twinspan -t twinspan:0.1.0 .     the sidecar: compiled JavaScript and its packages
#   docker build --target demo -t twinspan-demo:0.1.0 .    the demo's models and traffic, for docker-compose.yml

FROM node:24.21.0-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build

# Without the optional packages: they bring a Node, and the image has its own.
FROM node:24.21.0-slim AS runtime-packages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --omit=optional

FROM runtime-packages AS demo-packages
RUN npm ci --ignore-scripts --omit=optional

FROM node:24.21.0-slim AS demo
WORKDIR /app
ENV NODE_ENV=production
COPY --from=demo-packages /app/node_modules node_modules
COPY package.json ./
COPY demo demo
COPY compose/traffic.ts compose/traffic.ts
USER 65532:65532

FROM node:24.21.0-slim AS twinspan
WORKDIR /app
ENV NODE_ENV=production
# For the Unix socket, when no volume is mounted there.
RUN mkdir /run/twinspan && chown 65532:65532 /run/twinspan
COPY --from=runtime-packages /app/node_modules node_modules
COPY --from=build /app/dist .
# A number, so that Kubernetes can see that it is not root.
USER 65532:65532
# The ops port and not the ext_proc port: a probe there would be one more stream among the customers'.
HEALTHCHECK --interval=5s --timeout=2s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9464/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# SIGUSR1 opens no debugger, not even while Node starts.
ENTRYPOINT ["node", "--disable-sigusr1", "bin/twinspan.js"]
CMD ["serve", "--config", "/etc/twinspan/twinspan.yaml"]
