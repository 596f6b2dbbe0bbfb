"""The peers of the benchmarks: svy in this process, R survey in one of its own. Both are optional."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent


class Answer(NamedTuple):
    """Estimates and standard errors, in the order of the levels of ``by``, or of the items."""

    estimate: np.ndarray
    se: np.ndarray


def version(name: str) -> str:
    """Return the version of a package, or nothing where it is not installed."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


class Svy:
    """Means by svy on a polars frame in memory; items as small integers, missing as null."""

    def __init__(self, data: pd.DataFrame, items: list[str], by: str | None) -> None:
        import polars

        columns = ["stratum", "psu", "weight", *items, *([by] if by else [])]
        small = [polars.col(item).cast(polars.Int8) for item in items]
        self.frame = polars.from_pandas(data[columns], nan_to_null=True).with_columns(small)
        self.items, self.by = items, by

    @staticmethod
    def there() -> bool:
        """Say whether svy is installed."""
        return all(importlib.util.find_spec(name) for name in ("svy", "polars"))

    def __call__(self) -> list[pd.DataFrame]:
        """Return the tables of a fresh sample object."""
        import svy

        sample = svy.Sample(self.frame, svy.Design(stratum="stratum", psu="psu", wgt="weight"))
        y = self.items if len(self.items) > 1 else self.items[0]
        found = sample.estimation.mean(y, by=self.by, drop_nulls=True)
        return [table.to_polars() for table in (found if isinstance(found, list) else [found])]

    def answer(self) -> Answer:
        """Return the numbers, in order."""
        tables = [table.sort(self.by) if self.by else table for table in self()]
        return Answer(*(np.concatenate([t[name].to_numpy() for t in tables]) for name in ("est", "se")))


class RSurvey:
    """R survey, running beside us: it reads the data once and answers one call a line."""

    def __init__(self, folder: Path) -> None:
        self.out = folder / "r.csv"
        self.process = subprocess.Popen(
            ["Rscript", "--vanilla", str(HERE / "peer.R"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        if self._line() != "ready":
            raise RuntimeError("R survey did not start; its own message stands above.")

    @staticmethod
    def version() -> str:
        """Return the version of R's package survey, or nothing where R or the package is not installed."""
        if shutil.which("Rscript") is None:
            return ""
        code = "cat(as.character(packageVersion('survey')))"
        done = subprocess.run(["Rscript", "-e", code], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    def call(self, items: list[str], by: str | None) -> tuple[float, Answer]:
        """Return seconds, as R counts them, and the numbers."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{by or '-'} {' '.join(items)}\n")
        self.process.stdin.flush()
        seconds = float(self._line())
        table = pd.read_csv(self.out, encoding="utf-8")
        return seconds, Answer(table["estimate"].to_numpy(), table["se"].to_numpy())

    def ask(self, task: str) -> tuple[float, dict[str, np.ndarray]]:
        """Return seconds and the columns of a task that peer.R knows by name."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{task}\n")
        self.process.stdin.flush()
        seconds = float(self._line())
        table = pd.read_csv(self.out, encoding="utf-8")
        return seconds, {str(name): table[name].dropna().to_numpy() for name in table}

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line:
            raise RuntimeError("R survey stopped; its own message stands above.")
        return line

    def close(self) -> None:
        """Let R go."""
        self.process.communicate(timeout=60)


class SvyEstimates:
    """Estimates, tests and models by svy on a polars frame in memory; answers as small integers."""

    def __init__(self, data: pd.DataFrame) -> None:
        import polars

        small = [polars.col(name).cast(polars.Int8) for name in ("item_1", "item_2")]
        self.frame = polars.from_pandas(data, nan_to_null=True).with_columns(small)

    @staticmethod
    def there() -> bool:
        """Say whether svy is installed."""
        return Svy.there()

    def call(self, name: str) -> Any:
        """Return svy's result of a task, from a fresh sample."""
        return getattr(self, name)()

    def numbers(self, name: str) -> dict[str, np.ndarray]:
        """Return the numbers of a task."""
        found = self.call(name)
        if name == "rao_scott":
            test = found.stats.f
            return {
                "statistic": np.array([test.value]), "df": np.array([test.df_num, test.df_den]),
                "p": np.array([test.p_value]),
            }  # fmt: skip
        if name == "logit":
            return {
                "estimate": np.array([c.est for c in found.coefs]),
                "se": np.array([c.se for c in found.coefs]),
            }  # fmt: skip
        table = found.to_polars()
        if name == "pairs":
            return {"estimate": np.abs(table["est"].to_numpy()), "se": table["se"].to_numpy()}
        columns = {"estimate": "est", "se": "se", "low": "lci", "high": "uci"}
        return {kind: table[column].to_numpy() for kind, column in columns.items()}

    def sample(self, strata: str = "stratum", psu: str = "psu") -> Any:
        """Return a fresh sample."""
        import svy

        return svy.Sample(self.frame, svy.Design(stratum=strata, psu=psu, wgt="weight"))

    def shares_logit(self) -> Any:
        """Shares of the answers."""
        return self.sample().estimation.prop("item_1", ci_method="logit", drop_nulls=True)

    def ratio(self) -> Any:
        """Ratio of two items."""
        return self.sample().estimation.ratio("item_1", "item_2", drop_nulls=True)

    def median(self) -> Any:
        """Median of a number."""
        return self.sample().estimation.median("x_1")

    def rao_scott(self) -> Any:
        """Test of independence."""
        return self.sample().categorical.tabulate("item_1", "sex", drop_nulls=True)

    def pairs(self) -> Any:
        """All differences between 100 communes."""
        import polars

        found = self.sample().estimation.mean(
            "item_1", by="place", where=polars.col("place") >= 0, drop_nulls=True
        )
        keys = range(100)
        return found.contrast({f"{a}, {b}": {a: 1.0, b: -1.0} for a in keys for b in keys if a < b})

    def logit(self) -> Any:
        """Logit model with ten covariates."""
        return self.sample().glm.fit("yes", x=[f"x_{j}" for j in range(1, 11)], family="binomial")

    def brr(self) -> Any:
        """Mean by 128 half-samples of strata of two PSUs."""
        made = self.sample("half_stratum", "half_psu").weighting.create_brr_wgts(n_reps=128)
        return self._mean(made)

    def bootstrap(self) -> Any:
        """Mean by 500 replicates of a bootstrap."""
        return self._mean(self.sample().weighting.create_bs_wgts(n_reps=500, rstate=1))

    def jackknife(self) -> Any:
        """Mean by leaving out one PSU after another."""
        return self._mean(self.sample().weighting.create_jk_wgts())

    @staticmethod
    def _mean(sample: Any) -> Any:
        return sample.estimation.mean(
            "item_1", method="replication", variance_center="estimate", drop_nulls=True
        )


class SvyWeights:
    """Weighting by svy on a polars frame in memory."""

    def __init__(self, data: pd.DataFrame) -> None:
        import polars

        self.frame = polars.from_pandas(data, nan_to_null=True)

    @staticmethod
    def there() -> bool:
        """Say whether svy is installed."""
        return Svy.there()

    def sample(self, verb: Callable[[Any], Any] | None) -> Any:
        """Return a fresh sample with new weights."""
        import svy

        assert verb is not None
        return verb(svy.Sample(self.frame, svy.Design(stratum="stratum", psu="psu", wgt="weight")).weighting)

    def weights(self, verb: Callable[[Any], Any] | None) -> np.ndarray:
        """Return the new weights of the rows that have one."""
        sample = self.sample(verb)
        w: np.ndarray = sample.data[sample.design.wgt].to_numpy()
        return w[w != 0]

    def bootstrap(self, item: str, replicates: int) -> Any:
        """Return a mean and its standard error from a bootstrap."""
        sample = self.sample(lambda weighting: weighting.create_bs_wgts(n_reps=replicates, rstate=1))
        return sample.estimation.mean(item, method="replication", drop_nulls=True).to_polars()

    def mean(self, sample: Any, item: str) -> Any:
        """Return a mean and its standard error."""
        return sample.estimation.mean(item, drop_nulls=True).to_polars()


class Weightipy:
    """Raking by weightipy, from equal weights, on a frame of the margins alone."""

    def __init__(self, data: pd.DataFrame, margins: dict[str, dict[Any, float]]) -> None:
        self.frame = data[list(margins)]
        people = data["weight"].sum()
        self.shares = {k: {v: 100 * t / people for v, t in m.items()} for k, m in margins.items()}

    @staticmethod
    def there() -> bool:
        """Say whether weightipy is installed."""
        return importlib.util.find_spec("weightipy") is not None

    def __call__(self) -> Any:
        """Return the frame with weights."""
        import weightipy

        return weightipy.weight_dataframe(self.frame, weightipy.scheme_from_dict(self.shares, name="rim"))
