"""Command-line arguments for networks with data whose Hessians are known."""

from pathlib import Path

KNOWN = Path(__file__).parents[1] / "programs" / "hessians.py"


def known(model: str, data: str, *arguments: str, loss: str = "mse") -> list[str]:
    loss = f"{KNOWN}:{loss}" if loss not in ("mse", "cross-entropy") else loss
    given = [part for argument in arguments for part in ("--model-arg", argument)]
    what = ["--model", f"{KNOWN}:{model}", "--dataset", f"{KNOWN}:{data}", "--untrained", "0", "--loss", loss]
    return [*what, *given, "--precision", "float64", "--batch-size", "5"]
