using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansBosh.Load;

/// <summary>What one process does to another.</summary>
[UnsupportedOSPlatform("windows")]
internal static class ProcessSignals
{
    /// <summary>SIGTERM: please stop.</summary>
    public static void Terminate(int process) => Send(process, 15);

    /// <summary>SIGSTOP: the process freezes, its sockets stay open.</summary>
    public static void Freeze(int process) => Send(process, OperatingSystem.IsMacOS() ? 17 : 19);

    /// <summary>SIGCONT.</summary>
    public static void Thaw(int process) => Send(process, OperatingSystem.IsMacOS() ? 19 : 18);

    private static void Send(int process, int number)
    {
        if (SendSignal(process, number) != 0) throw new InvalidOperationException($"Signal {number} did not reach process {process}.");
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int pid, int signal);
}
