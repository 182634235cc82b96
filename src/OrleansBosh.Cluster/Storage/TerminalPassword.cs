using System.Text;

namespace OrleansBosh.Cluster.Storage;

/// <summary>Reads a password from the terminal without showing it.</summary>
internal static class TerminalPassword
{
    /// <summary>What was typed up to Enter, or null when Ctrl+D or Escape ended it.</summary>
    public static string? Read(string prompt, TextWriter output)
    {
        output.Write(prompt);
        output.Flush();
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    output.WriteLine();
                    return typed.ToString();
                case ConsoleKey.Escape:
                case ConsoleKey.D when key.Modifiers.HasFlag(ConsoleModifiers.Control):
                    output.WriteLine();
                    return null;
                case ConsoleKey.Backspace:
                    if (typed.Length > 0) typed.Length -= typed.Length > 1 && char.IsLowSurrogate(typed[^1]) ? 2 : 1;
                    break;
                default:
                    if (key.KeyChar != '\0') typed.Append(key.KeyChar);
                    break;
            }
        }
    }
}
