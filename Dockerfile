# One image, every role: the role is the command.
#
#   docker build -t gatehouse:0.1.0 .
#   docker run gatehouse:0.1.0 services.run --role api

FROM python:3.11.13-slim-bookworm AS dependencies
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --require-hashes --only-binary=:all: -r requirements.txt

FROM python:3.11.13-slim-bookworm
# A number, so that a cluster can check that it is not root without a look into the image.
RUN groupadd --gid 10001 gatehouse && useradd --uid 10001 --gid gatehouse --no-create-home --shell /usr/sbin/nologin gatehouse \
    && install -d -o gatehouse -g gatehouse -m 0750 /data /var/lib/gatehouse/signing /var/lib/gatehouse/witness
COPY --from=dependencies /venv /venv
WORKDIR /app
COPY LICENSE ./
COPY shared shared
COPY services services
COPY deploy deploy
RUN /venv/bin/python -m compileall -q shared services deploy
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 GATEHOUSE_DATA=/data
USER 10001:10001
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["python", "-m"]
CMD ["services.run", "--help"]
