"""Parquet as all tables are written and read: the same bytes for the same table, every page with a checksum."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import DamagedError

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def writer(
    sink: Any,
    schema: "pa.Schema",
    metadata: Mapping[str, str] | None = None,
    *,
    level: int = 3,
    words: Sequence[str] | bool = True,
    statistics: bool = True,
) -> "pq.ParquetWriter":
    """A Parquet writer whose output depends on nothing but tables and metadata.

    Args:
        sink: open file.
        schema: columns.
        metadata: texts for the file's key-value metadata.
        level: of Zstandard.
        words: columns that repeat a few values; True leaves it to the library.
        statistics: whether row groups say their smallest and largest values.
    """
    import pyarrow.parquet as pq

    texts = {key.encode(): value.encode() for key, value in sorted((metadata or {}).items())}
    return pq.ParquetWriter(
        sink,
        schema.with_metadata(texts or None),
        compression="zstd",
        compression_level=level,
        use_dictionary=words,
        write_statistics=statistics,
        write_page_checksum=True,
        version="2.6",
        data_page_version="1.0",
    )


def opened(source: Any, name: str | Path) -> "pq.ParquetFile":
    """A Parquet file to read, whose pages are compared with their checksums.

    Args:
        source: path, or open file.
        name: what it is called in messages.

    Raises:
        DamagedError: it is not a Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(source, page_checksum_verification=True)
    except FileNotFoundError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        raise damaged(name, error) from error


def read(source: Any, name: str | Path) -> "pa.Table":
    """All of a Parquet file.

    Raises:
        DamagedError: it is not one, or a page is not as it was written.
    """
    import pyarrow as pa

    try:
        with opened(source, name) as file:
            return file.read(use_threads=False)
    except (OSError, ValueError, pa.ArrowException) as error:
        if isinstance(error, (DamagedError, FileNotFoundError)):
            raise
        raise damaged(name, error) from error


def damaged(name: str | Path, error: BaseException) -> DamagedError:
    """What a library says of a damaged file, in one line."""
    return DamagedError(f"{name} cannot be read: {' '.join(str(error).split())[:200]}")
