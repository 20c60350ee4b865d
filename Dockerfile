# The pharmacy's backend: web, worker, beat, migrate. One image, four commands (docker-compose.yml).
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /venv
WORKDIR /app
COPY requirements.txt ./
RUN /venv/bin/pip install --require-hashes --only-binary=:all: -r requirements.txt
COPY . ./
# Settings need addresses and a key; neither command uses them, and nothing of them stays in the image.
RUN SECRET_KEY=for-the-build-only-for-the-build-only-for-the-build DATABASE_URL=postgres://none@127.0.0.1/none \
    REDIS_URL=redis://127.0.0.1/0 STATIC_ROOT=/app/staticfiles \
    sh -c "/venv/bin/python manage.py compile_translations && /venv/bin/python manage.py collectstatic --noinput --verbosity=0"
RUN /venv/bin/python -m compileall -q /app /venv/lib || true

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 pharmacio \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin pharmacio \
 && install -d -o 10001 -g 10001 -m 0755 /data/media
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=config.settings \
    MEDIA_ROOT=/data/media STATIC_ROOT=/app/staticfiles
USER 10001:10001
VOLUME /data/media
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--worker-class=gthread", "--workers=2", "--threads=4", \
     "--worker-tmp-dir=/tmp", "--max-requests=20000", "--max-requests-jitter=2000", "--access-logfile=-"]
