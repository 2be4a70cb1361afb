# One image a stage: docker build --build-arg STAGE=scanner -t sluice-scanner .
# STAGE is one of scanner, processor, inferencer, captioner, upserter, gateway, ml, dashboard: a folder of services/.

FROM python:3.11.13-slim-bookworm AS build
ARG STAGE
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements/build.txt requirements/${STAGE}.txt requirements/
RUN python -m venv --without-pip /venv \
    && pip install --require-hashes -r requirements/build.txt \
    && pip --python /venv/bin/python install --require-hashes --only-binary :all: -r "requirements/${STAGE}.txt"
COPY pyproject.toml README.md ./
COPY sluice sluice
COPY libs libs
COPY services services
# The entry point is a script, since exec form knows no variables; it becomes the Python process, so that
# SIGTERM reaches it.
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /venv/bin/python install --no-deps --no-index /wheels/*.whl \
    && printf '#!/bin/sh\nexec python -m services.%s "$@"\n' "${STAGE}" > /venv/bin/stage \
    && chmod 755 /venv/bin/stage

FROM python:3.11.13-slim-bookworm
COPY --from=build /venv /venv
# A new volume takes over who owns the folder that it is mounted at.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin sluice \
    && install -d -m 0700 -o 10001 -g 10001 /data /uploads /archives /models
# Every image listens on 8080: gateway, ml and dashboard with all they serve, the other stages with their probes.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    UPLOAD_DIR=/uploads \
    HOST=0.0.0.0 \
    PORT=8080 \
    HEALTH_PORT=8080
USER 10001:10001
WORKDIR /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["/venv/bin/stage"]
