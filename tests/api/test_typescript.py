"""A front-end's first step: types made from the published schema, which its compiler takes as they are."""

import subprocess
from pathlib import Path
from shutil import which

import pytest

HERE = Path(__file__).parent
PUBLISHED = HERE.parents[1] / "docs" / "openapi.yaml"
TOOLS = HERE / "node_modules" / ".bin"
#: What a front-end would write; it compiles only when the types say what the API does.
CLIENT = """
import type { paths } from "./api";

type Answer<P extends keyof paths> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
} ? Body : never;

export function free(summary: Answer<"/api/v1/capital/summary/">): string {
  return `${summary.spendable} ${summary.currency}`;
}

export function names(page: Answer<"/api/v1/products/">): string[] {
  return page.results.map((product) => product.name_en ?? "");
}
"""

pytestmark = pytest.mark.skipif(
    which("node") is None or not TOOLS.exists(),
    reason="needs node and `npm ci --prefix tests/api` (.ci/run does it where there is node)",
)


def test_types_are_made_and_compile(tmp_path):
    run(TOOLS / "openapi-typescript", PUBLISHED, "--output", tmp_path / "api.ts")
    (tmp_path / "client.ts").write_text(CLIENT, encoding="utf-8")
    run(TOOLS / "tsc", "--strict", "--noEmit", "--target", "es2022", "--module", "esnext",
        "--moduleResolution", "bundler", tmp_path / "client.ts")  # fmt: skip


def run(*command):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
