# Builds the one program with the site inside, and an image that holds little else.
#
#   docker build -t job-orchestrator .
#   docker run --init -p 127.0.0.1:3000:3000 -v jobs:/data job-orchestrator serve --listen 0.0.0.0:3000
#
# Without `--listen` it listens inside the container only. The set-up link is in `docker logs`;
# its host is the one to open from outside: http://127.0.0.1:3000/setup?code=...

FROM rust:1-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo xtask build --release

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin jobs \
    && chmod 700 /data
COPY --from=build /src/target/release/job-orchestrator /usr/local/bin/
COPY --from=build /src/LICENSE-MIT /src/LICENSE-APACHE /usr/share/doc/job-orchestrator/
USER jobs
WORKDIR /data
ENV JOB_ORCHESTRATOR_DATA=/data
VOLUME /data
EXPOSE 3000
STOPSIGNAL SIGTERM
ENTRYPOINT ["job-orchestrator"]
CMD ["serve"]
