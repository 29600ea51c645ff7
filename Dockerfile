# The same files as `make image`, by a container engine: tools/image.ts lays them out (Node and the bundle, the libraries from
# Debian), and the last stage holds nothing else. test/unit/tools/dockerfile.test.ts holds this file against that program.
#
#   docker build -t watcher:0.1.0 .
#   docker buildx build --platform linux/amd64,linux/arm64 --build-arg REVISION=$(git rev-parse HEAD) -t REGISTRY/watcher:0.1.0 --push .
#
# Whoever releases pins the first image by its digest; it leaves nothing behind in the last.
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
ENV PATH=/src/node_modules/.bin:$PATH
COPY . .
RUN node tools/image.ts --root /image

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00.000Z
LABEL org.opencontainers.image.title=watcher
LABEL org.opencontainers.image.description="Tells a fleet's central plane about every failing pod of a Kubernetes cluster, once, and about nothing else."
LABEL org.opencontainers.image.version=$VERSION
LABEL org.opencontainers.image.licenses=Apache-2.0
LABEL org.opencontainers.image.created=$CREATED
LABEL org.opencontainers.image.revision=$REVISION
COPY --from=build /image/ /
# There is no shell in it, and engines differ in whose the copied files are.
RUN ["/usr/bin/node", "-e", "require('fs').chownSync('/var/lib/watcher', 65532, 65532)"]
ENV PATH=/usr/bin
WORKDIR /etc/watcher
EXPOSE 8080/tcp
USER 65532:65532
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=1", "--liftoff-only", "--disable-sigusr1", "--disable-proto=delete", "/opt/watcher/dist/watcher.js"]
